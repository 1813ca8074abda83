/*
 * To be preloaded: threads that keep some 14,000 blocks in flight and leak none, beside whatever the program does.
 * Blocks are replaced at random (they live for 1.2 s on average), come and go in bursts, wait in a queue that fills and
 * empties, turn over in a cache, or stay once and for all.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POOL  6000
#define BURST 1500
#define QUEUE 1000
#define CACHE 400

#define OWN_FRAME __attribute__((noinline))

static void *volatile sink;

OWN_FRAME void *churn_pool(size_t size)
{
	return sink = malloc(size);
}

OWN_FRAME void *churn_burst(size_t size)
{
	return sink = malloc(size);
}

OWN_FRAME void *churn_queue(size_t size)
{
	return sink = malloc(size);
}

OWN_FRAME void *churn_cache(size_t size)
{
	return sink = malloc(size);
}

OWN_FRAME void *churn_once(size_t size)
{
	return sink = malloc(size);
}

static unsigned next_random(unsigned *state)
{
	return *state = *state * 1664525 + 1013904223;
}

/* 5 of 6,000 blocks each millisecond. */
static void *replace_at_random(void *seed)
{
	unsigned state = (unsigned)(size_t)seed;
	void **pool = calloc(POOL, sizeof(*pool));

	for (;;) {
		for (int i = 0; i < 5; i++) {
			unsigned which = (next_random(&state) >> 8) % POOL;

			free(pool[which]);
			pool[which] = churn_pool(16 + (next_random(&state) >> 8) % 500);
		}
		usleep(1000);
	}
	return NULL;
}

static void *come_in_bursts(void *unused)
{
	static void *burst[BURST];

	(void)unused;
	for (;;) {
		for (int i = 0; i < BURST; i++)
			burst[i] = churn_burst(300);
		usleep(400000);
		for (int i = 0; i < BURST; i++)
			free(burst[i]);
		usleep(100000);
	}
	return NULL;
}

/* Fills for two seconds, empties in one; and beside it a cache of which the oldest entry goes, after 2 s. */
static void *wait_in_line(void *unused)
{
	static void *queue[QUEUE], *cache[CACHE];
	unsigned turn = 0;

	(void)unused;
	for (int i = 0; i < 200; i++)
		churn_once(128);
	for (;;) {
		for (int i = 0; i < QUEUE; i++, turn++) {
			queue[i] = churn_queue(1000);
			if (turn % 3 == 0) {
				free(cache[turn / 3 % CACHE]);
				cache[turn / 3 % CACHE] = churn_cache(700);
			}
			usleep(2000);
		}
		for (int i = QUEUE - 1; i >= 0; i--) {
			free(queue[i]);
			usleep(1000);
		}
	}
	return NULL;
}

__attribute__((constructor)) static void start(void)
{
	pthread_t thread;

	unsetenv("LD_PRELOAD");
	if (pthread_create(&thread, NULL, replace_at_random, (void *)1) != 0 ||
	    pthread_create(&thread, NULL, replace_at_random, (void *)2) != 0 ||
	    pthread_create(&thread, NULL, come_in_bursts, NULL) != 0 ||
	    pthread_create(&thread, NULL, wait_in_line, NULL) != 0)
		_exit(1);
}
