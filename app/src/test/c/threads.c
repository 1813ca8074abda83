/*
 * Threads that are born, allocate and exit in the window. What they did not free stays live without them; what
 * one of them left behind is freed by another.
 */
#include <pthread.h>

#include "protocol.h"

#define THREADS 32
#define BLOCKS  100

#define OWN_FRAME __attribute__((noinline))

static void *left[THREADS][BLOCKS];
static void *volatile sink;

OWN_FRAME void *leak_in_thread(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *leave_to_successor(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

static void *thread_main(void *argument)
{
	long self = (long)argument;

	for (int i = 0; i < BLOCKS; i++) {
		leak_in_thread(48);
		left[self][i] = leave_to_successor(256);
		if (self > 0)
			free(left[self - 1][i]);
	}
	return NULL;
}

int main(void)
{
	const struct truth leaked = { 48L * THREADS * BLOCKS, THREADS * BLOCKS, 48L * THREADS * BLOCKS,
				      THREADS * BLOCKS, 0 };
	const struct truth passed = { 256L * BLOCKS, BLOCKS, 256L * THREADS * BLOCKS, THREADS * BLOCKS, 0 };

	protocol_announce();
	protocol_await();
	for (long i = 0; i < THREADS; i++) {
		pthread_t id;

		if (pthread_create(&id, NULL, thread_main, (void *)i) != 0)
			return 1;
		pthread_join(id, NULL);
	}
	protocol_truth_begin();
	protocol_truth("leak_in_thread", &leaked);
	protocol_truth("leave_to_successor", &passed);
	protocol_truth_end();
	protocol_await();
	return 0;
}
