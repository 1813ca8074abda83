/*
 * Two threads, named "giver" and "taker", that allocate through functions of their own and through one they share,
 * and free, resize and keep each other's blocks. The truth is about the giver's allocations alone: the taker frees
 * some of them, and those it resizes are its own from then on.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>

#include "protocol.h"

#define BLOCKS 1000

#define OWN_FRAME __attribute__((noinline))

static void *given[BLOCKS], *taken[BLOCKS];
static sem_t named, begin, given_all, taken_all, finished, leave;
static void *volatile sink;

OWN_FRAME void *giver_allocates(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *taker_allocates(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *taker_resizes(void *old, size_t size)
{
	void *p = realloc(old, size);

	sink = p;
	return p;
}

OWN_FRAME void *giver_resizes(void *old, size_t size)
{
	void *p = realloc(old, size);

	sink = p;
	return p;
}

OWN_FRAME void *both_allocate(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

static void *give(void *argument)
{
	(void)argument;
	sem_post(&named);
	sem_wait(&begin);
	for (int i = 0; i < BLOCKS; i++) {
		given[i] = giver_allocates(100);
		both_allocate(10);
	}
	sem_post(&given_all);
	sem_wait(&taken_all);
	for (int i = 0; i < 50; i++)
		taken[i] = giver_resizes(taken[i], 3000);
	for (int i = 50; i < 100; i++)
		free(taken[i]);
	sem_post(&finished);
	sem_wait(&leave);
	return NULL;
}

static void *take(void *argument)
{
	(void)argument;
	sem_post(&named);
	sem_wait(&given_all);
	for (int i = 0; i < 400; i++)
		free(given[i]);
	for (int i = 400; i < 500; i++)
		given[i] = taker_resizes(given[i], 7000);
	for (int i = 0; i < BLOCKS; i++) {
		taken[i] = taker_allocates(1000);
		both_allocate(30);
	}
	sem_post(&taken_all);
	sem_wait(&leave);
	return NULL;
}

static pthread_t start(void *(*work)(void *), const char *name)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, work, NULL) != 0)
		_exit(1);
	pthread_setname_np(thread, name);
	sem_wait(&named);
	return thread;
}

int main(void)
{
	const struct truth gives = { 100L * 500, 500, 100L * BLOCKS, BLOCKS, 0 };
	const struct truth resizes = { 3000L * 50, 50, 3000L * 50, 50, 0 };
	const struct truth both = { 10L * BLOCKS, BLOCKS, 10L * BLOCKS, BLOCKS, 0 };
	const struct truth none = { 0 };
	sigset_t set;
	pthread_t giver, taker;

	/* As protocol_announce does, which comes last here: whoever reads the PID finds both threads. */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	giver = start(give, "giver");
	taker = start(take, "taker");
	protocol_announce();
	protocol_await();
	sem_post(&begin);
	sem_wait(&finished);
	protocol_truth_begin();
	protocol_truth("giver_allocates", &gives);
	protocol_truth("giver_resizes", &resizes);
	protocol_truth("both_allocate", &both);
	protocol_truth("taker_allocates", &none);
	protocol_truth("taker_resizes", &none);
	protocol_truth_end();
	protocol_await();
	sem_post(&leave);
	sem_post(&leave);
	pthread_join(giver, NULL);
	pthread_join(taker, NULL);
	return 0;
}
