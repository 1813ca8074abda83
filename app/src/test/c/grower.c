/*
 * A program whose live blocks become many: grower BLOCKS THREADS. Each thread allocates its share as fast as it can;
 * of every four blocks one is freed at once, and one a while later, when others have been allocated meanwhile: the
 * tracer's tables grow between a block's birth and its death. The truth is what is left.
 */
#include <pthread.h>

#include "protocol.h"

#define MAX_THREADS 16
/* Blocks that a thread keeps before it frees them. */
#define LATER 100000

#define OWN_FRAME __attribute__((noinline))

static long blocks;
static void *volatile sink;

OWN_FRAME void *grower_keeps(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *grower_frees(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *grower_frees_later(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

static void *grow(void *rows)
{
	void **later = rows;

	for (long i = 0; i < blocks; i++) {
		grower_keeps(16);
		if (i % 2 == 0)
			free(grower_frees(16));
		else {
			long slot = i / 2 % LATER;

			free(later[slot]);
			later[slot] = grower_frees_later(16);
		}
	}
	for (long i = 0; i < LATER; i++)
		free(later[i]);
	return NULL;
}

int main(int argc, char **argv)
{
	static void *later[MAX_THREADS][LATER];
	long total = argc > 1 ? atol(argv[1]) : 1000000;
	int threads = argc > 2 ? atoi(argv[2]) : 1;
	pthread_t ids[MAX_THREADS];

	if (threads < 1 || threads > MAX_THREADS)
		return 2;
	blocks = total / threads;
	total = blocks * threads;
	protocol_announce();
	protocol_await();
	for (int i = 0; i < threads; i++)
		if (pthread_create(&ids[i], NULL, grow, later[i]) != 0)
			return 1;
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	const struct truth keeps = { 16 * total, total, 16 * total, total, 0 };
	const struct truth frees = { 0, 0, 16 * ((blocks + 1) / 2) * threads, (blocks + 1) / 2 * threads, 0 };
	const struct truth later_frees = { 0, 0, 16 * (blocks / 2) * threads, blocks / 2 * threads, 0 };

	protocol_truth_begin();
	protocol_truth("grower_keeps", &keeps);
	protocol_truth("grower_frees", &frees);
	protocol_truth("grower_frees_later", &later_frees);
	protocol_truth_end();
	protocol_await();
	return 0;
}
