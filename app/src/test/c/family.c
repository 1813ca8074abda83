/*
 * A program that forks children in its window which know what they allocate, in steps that the test begins:
 *
 *   step 1: two children begin, keep blocks of their own, and wait; the parent allocates as well
 *   step 2: each child frees a block of its parent's, frees half of its own and leaks further ones
 *   the end: both exit
 *
 * The truth has a row for the parent; a child tells its number on a line "child N", and
 * "stepped" says that the second step is done.
 * With a number N as argument, N more children are forked in the first step, each of which allocates and exits at once.
 */
#define _GNU_SOURCE
#include <sys/wait.h>

#include "protocol.h"

#define CHILDREN 2
#define BLOCKS   1000

#define OWN_FRAME __attribute__((noinline))

static void *inherited[CHILDREN];
static void *own[BLOCKS];
static void *volatile sink;

OWN_FRAME void *parent_keeps(size_t size)
{
	return sink = malloc(size);
}

OWN_FRAME void *child_begins(size_t size)
{
	return sink = malloc(size);
}

OWN_FRAME void *child_holds(size_t size)
{
	return sink = malloc(size);
}

OWN_FRAME void *child_leaks(size_t size)
{
	return sink = malloc(size);
}

static void fail(void)
{
	fprintf(stderr, "family: a child failed\n");
	_exit(1);
}

static void await_byte(int from)
{
	char byte;

	if (read(from, &byte, 1) != 1)
		_exit(2);
}

static void say(int to)
{
	if (write(to, "x", 1) != 1)
		_exit(2);
}

/* Told by its number, since the other one does the same with other sizes. */
static void child(int self, int from, int to)
{
	char line[32];

	child_begins(11);
	protocol_write(line, (size_t)snprintf(line, sizeof(line), "child %d\n", (int)getpid()));
	say(to);
	await_byte(from);
	for (int i = 0; i < BLOCKS; i++)
		own[i] = child_holds(100 + (size_t)self);
	free(inherited[self]);
	for (int i = 0; i < BLOCKS; i += 2)
		free(own[i]);
	for (int i = 0; i < BLOCKS; i++)
		child_leaks(50 + (size_t)self);
	say(to);
	await_byte(from);
	_exit(0);
}

static void short_lived(int number)
{
	for (int i = 0; i < number; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			for (int k = 0; k < 100; k++)
				child_begins(64);
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			fail();
	}
}

int main(int argc, char **argv)
{
	struct truth parent = { 0 };
	int down[CHILDREN][2], up[CHILDREN][2];
	pid_t pid[CHILDREN];

	protocol_announce();
	protocol_await();
	for (int i = 0; i < CHILDREN; i++) {
		inherited[i] = parent_keeps(1000);
		if (pipe(down[i]) || pipe(up[i]))
			fail();
		pid[i] = fork();
		if (pid[i] == 0) {
			close(down[i][1]);
			child(i, down[i][0], up[i][1]);
		}
		if (pid[i] < 0)
			fail();
		close(down[i][0]);
		await_byte(up[i][0]);
	}
	for (int i = 0; i < BLOCKS; i++)
		parent_keeps(30);
	parent.unfreed_bytes = parent.all_bytes = 2000 + 30 * BLOCKS;
	parent.unfreed_blocks = parent.all_events = 2 + BLOCKS;
	short_lived(argc > 1 ? atoi(argv[1]) : 0);
	protocol_truth_begin();
	protocol_truth("parent_keeps", &parent);
	protocol_truth_end();

	protocol_await();
	protocol_truth_begin();
	for (int i = 0; i < CHILDREN; i++) {
		say(down[i][1]);
		await_byte(up[i][0]);
	}
	protocol_write("stepped\n", 8);
	protocol_truth_end();

	protocol_await();
	for (int i = 0; i < CHILDREN; i++) {
		int status;

		say(down[i][1]);
		if (waitpid(pid[i], &status, 0) != pid[i] || status != 0)
			fail();
	}
	return 0;
}
