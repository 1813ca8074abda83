/*
 * A program with children that end at the same time, each right after it allocated for the last time, in steps that the
 * test begins:
 *
 *   step 1: they are forked, and wait
 *   step 2: each calls early(), sleeps a second, calls last() and exits
 *   the end: the program exits
 *
 * It tells no truth but that a step is done.
 */
#include <sys/wait.h>

#include "protocol.h"

#define CHILDREN 5
#define BLOCKS   500

#define OWN_FRAME __attribute__((noinline))

static void *volatile sink;

OWN_FRAME void early(void)
{
	for (int i = 0; i < BLOCKS; i++)
		sink = malloc(20);
}

OWN_FRAME void last(void)
{
	for (int i = 0; i < BLOCKS; i++)
		sink = malloc(20);
}

static void child(int begin)
{
	char byte;

	if (read(begin, &byte, 1) != 1)
		_exit(1);
	early();
	sleep(1);
	last();
	_exit(0);
}

int main(void)
{
	int begin[2], status;

	if (pipe(begin))
		return 1;
	protocol_announce();
	protocol_await();
	for (int i = 0; i < CHILDREN; i++) {
		if (fork() == 0) {
			close(begin[1]);
			child(begin[0]);
		}
	}
	protocol_truth_begin();
	protocol_truth_end();
	protocol_await();
	if (write(begin[1], "12345", CHILDREN) != CHILDREN)
		return 1;
	for (int i = 0; i < CHILDREN; i++) {
		if (wait(&status) < 0 || status)
			return 1;
	}
	protocol_truth_begin();
	protocol_truth_end();
	protocol_await();
	return 0;
}
