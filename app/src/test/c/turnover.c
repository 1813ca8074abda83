/*
 * Takes the place of blocks that were there before the window, for four seconds, in the way its argument names:
 *
 *   swap     frees the oldest slot's block and puts a new one there
 *   shrink   the same, freeing by realloc to no bytes
 *   realloc  lets realloc do so
 *   threads  leaks a block in each of many threads, which leave their thread caches behind to be freed again
 *
 * A row of the truth is named by the function that allocates.
 */
#include <pthread.h>
#include <time.h>

#include "protocol.h"

#define OWN_FRAME __attribute__((noinline))
#define SLOTS     20000
#define ROUNDS    800
#define AT_ONCE   5
#define SMALL     16
#define IN_THREAD 20

static void *slot[SLOTS];

OWN_FRAME void *swaps(size_t size)
{
	return malloc(size);
}

OWN_FRAME void *resizes(void *old, size_t size)
{
	return realloc(old, size);
}

OWN_FRAME void *leaks(size_t size)
{
	return malloc(size);
}

OWN_FRAME void *request(void *block)
{
	void *used[IN_THREAD];

	for (int i = 0; i < IN_THREAD; i++)
		used[i] = malloc(100 + 16 * (size_t)i);
	for (int i = 0; i < IN_THREAD; i++)
		free(used[i]);
	*(void **)block = leaks(SMALL);
	return NULL;
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "swap";
	struct timespec pause = { 0, 5000000 };
	struct truth truth = { 0 };
	int next = 0;

	for (int i = 0; i < SLOTS; i++)
		slot[i] = malloc(SMALL);
	protocol_announce();
	protocol_await();
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < AT_ONCE; i++, next++) {
			void *old = slot[next];
			pthread_t thread;

			if (!strcmp(way, "realloc")) {
				slot[next] = resizes(old, SMALL + (size_t)i);
			} else if (!strcmp(way, "swap")) {
				slot[next] = swaps(SMALL + (size_t)i);
				free(old);
			} else if (!strcmp(way, "shrink")) {
				slot[next] = swaps(SMALL + (size_t)i);
				if (resizes(old, 0))
					return 1;
			} else if (i == 0) {
				if (pthread_create(&thread, NULL, request, &slot[next]))
					return 1;
				pthread_join(thread, NULL);
			} else {
				continue;
			}
			truth.unfreed_blocks++;
			truth.unfreed_bytes += SMALL + i;
		}
		nanosleep(&pause, NULL);
	}
	protocol_truth_begin();
	protocol_truth("turnover", &truth);
	protocol_truth_end();
	protocol_await();
	return 0;
}
