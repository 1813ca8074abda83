/*
 * A program whose threads end inside the allocator: posix_memalign stores its result through a bad pointer, and the
 * signal handler ends the thread, by the system call or by pthread_exit. Those blocks exist, but nobody was ever told
 * their addresses: requests that never ended. The stacks of such threads are used again by threads that come later,
 * whose allocations must be counted as ever.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/syscall.h>

#include "protocol.h"

#define QUITTERS 40
#define BLOCKS   50

#define OWN_FRAME __attribute__((noinline))

static void *volatile sink;
static void **volatile nowhere = (void **)64;
static volatile int politely;

static void quit(int signal)
{
	(void)signal;
	if (politely)
		pthread_exit(NULL);
	syscall(SYS_exit, 0);
}

OWN_FRAME void quit_inside(size_t size)
{
	sink = NULL;
	if (posix_memalign(nowhere, 64, size) == 0)
		_exit(1);
	sink = NULL;
}

OWN_FRAME void *successor_keeps(size_t size)
{
	void *p = NULL;

	if (posix_memalign(&p, 64, size) != 0)
		_exit(1);
	sink = p;
	return p;
}

static void *quitter(void *unused)
{
	quit_inside(1000);
	return unused;
}

static void *successor(void *unused)
{
	for (int i = 0; i < BLOCKS; i++)
		successor_keeps(192);
	return unused;
}

static void run(void *(*body)(void *))
{
	pthread_t id;

	if (pthread_create(&id, NULL, body, NULL) != 0 || pthread_join(id, NULL) != 0)
		_exit(1);
}

int main(void)
{
	const struct truth lost = { 0, 0, 1000L * QUITTERS, QUITTERS, 0 };
	const struct truth kept = { 192L * QUITTERS * BLOCKS, QUITTERS * BLOCKS, 192L * QUITTERS * BLOCKS,
				    QUITTERS * BLOCKS, 0 };
	struct sigaction action = { .sa_handler = quit };

	protocol_announce();
	sigaction(SIGSEGV, &action, NULL);
	protocol_await();
	for (int i = 0; i < QUITTERS; i++) {
		politely = i % 2;
		run(quitter);
		run(successor);
	}
	protocol_truth_begin();
	protocol_truth("quit_inside", &lost);
	protocol_truth("successor_keeps", &kept);
	protocol_truth_end();
	protocol_await();
	return 0;
}
