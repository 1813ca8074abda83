/*
 * A program that forks and writes to its memory, so that the kernel copies pages, and allocates nothing. With an
 * argument it does not wait for its children.
 */
#include <sys/wait.h>

#include "protocol.h"

#define FORKS 20
#define PAGES 200
#define PAGE  4096

static char memory[PAGES * PAGE];

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < PAGES; i++)
		memory[i * PAGE] = 1;
	protocol_announce();
	protocol_await();
	for (int i = 0; i < FORKS; i++) {
		pid_t child = fork();

		if (child == 0) {
			usleep(argc > 1 ? 1000000 : 1000);
			_exit(0);
		}
		for (int page = 0; page < PAGES; page++)
			((volatile char *)memory)[page * PAGE]++;
		if (argc == 1)
			waitpid(child, NULL, 0);
	}
	protocol_truth_begin();
	protocol_truth_end();
	protocol_await();
	return 0;
}
