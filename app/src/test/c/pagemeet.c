/*
 * Two threads touch memory where nothing is there yet, both at once: their first pages lie in the same huge page's worth
 * of addresses, of which only single pages come.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <sys/prctl.h>

#include "areas.h"
#include "protocol.h"

#define BLOCKS 2000ul
#define WORK   __attribute__((noinline)) static void

static const char *const functions[] = { "write_first", "write_second" };
static char *start;
static _Atomic size_t first_at, second_at;

WORK write_first(char *page)
{
	*(volatile char *)page = 1;
}

WORK write_second(char *page)
{
	*(volatile char *)page = 1;
}

/* Comes to a block when the other one does. */
static void meet(_Atomic size_t *own, const _Atomic size_t *other, size_t block)
{
	*own = block + 1;
	while (*other < block + 1)
		;
}

static void *second(void *unused)
{
	for (size_t i = 0; i < BLOCKS; i++) {
		meet(&second_at, &first_at, i);
		write_second(start + i * HUGE_PAGE_BYTES + HUGE_PAGE_BYTES / 2);
	}
	return unused;
}

int main(void)
{
	struct truth truth[] = { { .unfreed_blocks = BLOCKS }, { .unfreed_blocks = BLOCKS } };
	pthread_t thread;

	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	protocol_announce();
	protocol_await();
	start = huge_aligned(map((BLOCKS + 1) * HUGE_PAGE_BYTES / PAGE, MAP_NORESERVE));
	if (pthread_create(&thread, NULL, second, NULL))
		return 2;
	for (size_t i = 0; i < BLOCKS; i++) {
		meet(&first_at, &second_at, i);
		write_first(start + i * HUGE_PAGE_BYTES);
	}
	pthread_join(thread, NULL);
	protocol_truths(functions, truth, 0, 2);
	protocol_await();
	return 0;
}
