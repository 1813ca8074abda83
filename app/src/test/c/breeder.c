/*
 * A program with many children: a thousand by fork, some by posix_spawn and by vfork with exec. Children allocate and
 * free; that is theirs. The first child says on stdout what a pair of malloc and free costs it, in nanoseconds of its
 * own CPU time.
 */
#define _GNU_SOURCE
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>

#include "protocol.h"

#define FORKS  1000
#define SPAWNS 20
#define PAIRS  50000

#define OWN_FRAME __attribute__((noinline))

static void *volatile sink;

OWN_FRAME void *parent_between_children(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *child_keeps(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

static void measure(void)
{
	struct timespec begin, end;
	char line[64];
	long nanoseconds;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	for (int i = 0; i < PAIRS; i++)
		free(child_keeps(64));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	nanoseconds = (end.tv_sec - begin.tv_sec) * 1000000000L + end.tv_nsec - begin.tv_nsec;
	protocol_write(line, (size_t)snprintf(line, sizeof(line), "child %ld ns a pair\n", nanoseconds / PAIRS));
}

static void wait_for(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		_exit(3);
}

int main(void)
{
	char *const arguments[] = { "true", NULL };
	char *const environment[] = { NULL };
	struct truth parent = { 0 };
	pid_t pid;

	protocol_announce();
	protocol_await();
	for (int i = 0; i < FORKS; i++) {
		pid = fork();
		if (pid == 0) {
			if (i == 0)
				measure();
			child_keeps(32);
			_exit(0);
		}
		parent_between_children(24);
		wait_for(pid);
	}
	for (int i = 0; i < SPAWNS; i++) {
		if (posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, environment))
			_exit(2);
		parent_between_children(24);
		wait_for(pid);
		pid = vfork();
		if (pid == 0) {
			execve("/bin/true", arguments, environment);
			_exit(127);
		}
		parent_between_children(24);
		wait_for(pid);
	}
	parent.all_events = parent.unfreed_blocks = FORKS + 2 * SPAWNS;
	parent.all_bytes = parent.unfreed_bytes = 24 * parent.all_events;
	protocol_truth_begin();
	protocol_truth("parent_between_children", &parent);
	protocol_truth_end();
	protocol_await();
	return 0;
}
