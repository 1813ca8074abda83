/*
 * A process that takes memory, and whose main thread then ends while two others run on. Says "alone" when it has ended.
 */
#define _GNU_SOURCE
#include <pthread.h>

#include "claims.h"
#include "protocol.h"

#define KEPT 100

static pthread_t main_thread;

static __attribute__((noinline)) void keep(void)
{
	char *start = map(KEPT, 0);

	for (size_t i = 0; i < KEPT; i++)
		((volatile char *)start)[i * PAGE] = 1;
	claim("keep", start, KEPT);
}

static __attribute__((noinline)) void keep_block(void)
{
	char *volatile block = malloc(KEPT);

	block[0] = 1;
}

static void *sleep_on(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void *wait_for_end(void *unused)
{
	pthread_join(main_thread, NULL);
	protocol_write("alone\n", 6);
	protocol_await();
	_exit(claimed != 1);
	return unused;
}

int main(void)
{
	pthread_t thread;

	main_thread = pthread_self();
	if (pthread_create(&thread, NULL, sleep_on, NULL))
		return 2;
	protocol_announce();
	protocol_await();
	keep();
	keep_block();
	if (pthread_create(&thread, NULL, wait_for_end, NULL))
		return 2;
	pthread_exit(NULL);
}
