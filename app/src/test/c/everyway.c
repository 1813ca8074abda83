/*
 * Calls every allocation function in several ways, all of them by one and the same call instruction, and frees half of
 * what it got. A row of the truth is named by the function that asked.
 */
#include <malloc.h>
#include <stdint.h>
#include "protocol.h"

#define OWN_FRAME __attribute__((noinline, noclone))
#define ROUNDS    300

typedef void *(*function)(size_t, size_t, size_t);
#define AS(f) ((function)(void *)(f))

static void *volatile sink;
static void *kept[ROUNDS], *given[ROUNDS];

OWN_FRAME void *call(function f, size_t a, size_t b, size_t c)
{
	void *p = f(a, b, c);

	sink = p;
	return p;
}

static void release(void *p)
{
	call(AS(free), (size_t)p, 0, 0);
}

/* ROW(name, bytes, expression) */
#define ROWS(ROW)                                                              \
	ROW(small_malloc, 24, call(AS(malloc), 24, 0, 0))                      \
	ROW(big_malloc, 5000, call(AS(malloc), 5000, 0, 0))                    \
	ROW(some_calloc, 30, call(AS(calloc), 3, 10, 0))                       \
	ROW(small_realloc_of_null, 50, call(AS(realloc), 0, 50, 0))            \
	ROW(big_realloc_of_null, 6000, call(AS(realloc), 0, 6000, 0))          \
	ROW(growing_realloc, 100, call(AS(realloc), (size_t)given[i], 100, 0)) \
	ROW(memalign_to_8, 40, call(AS(memalign), 8, 40, 0))                   \
	ROW(memalign_to_16, 40, call(AS(memalign), 16, 40, 0))                 \
	ROW(memalign_to_32, 40, call(AS(memalign), 32, 40, 0))                 \
	ROW(memalign_to_256, 40, call(AS(memalign), 256, 40, 0))               \
	ROW(some_aligned_alloc, 128, call(AS(aligned_alloc), 64, 128, 0))      \
	ROW(some_posix_memalign, 72, stored(64, 72))                           \
	ROW(some_valloc, 90, call(AS(valloc), 90, 0, 0))

static void *stored(size_t alignment, size_t size)
{
	void *p = NULL;

	return (int)(intptr_t)call(AS(posix_memalign), (size_t)&p, alignment, size) ? NULL : p;
}

/* What growing_realloc and realloc_to_zero take. */
OWN_FRAME void given_up(void)
{
	for (int i = 0; i < ROUNDS; i++)
		given[i] = call(AS(malloc), 20, 0, 0);
	sink = given;
}

OWN_FRAME void realloc_to_zero(void)
{
	for (int i = 0; i < ROUNDS; i++)
		sink = call(AS(realloc), (size_t)given[i], 0, 0);
}

#define DEFINE(name, bytes, expression)          \
	OWN_FRAME void name(void)                \
	{                                        \
		for (int i = 0; i < ROUNDS; i++) \
			kept[i] = expression;    \
		sink = kept;                     \
	}
ROWS(DEFINE)

int main(void)
{
	struct truth blocks = { .all_bytes = 2 * ROUNDS * 20, .all_events = 2 * ROUNDS };

	protocol_announce();
	protocol_await();
	protocol_truth_begin();
	given_up();
	realloc_to_zero();
	given_up();
#define RUN(name, bytes, expression)                                            \
	{                                                                       \
		struct truth t = { 0 };                                         \
                                                                                \
		name();                                                         \
		for (int i = 0; i < ROUNDS; i++) {                              \
			if (!kept[i])                                           \
				_exit(1);                                       \
			t.all_bytes += (bytes);                                 \
			t.all_events++;                                         \
			if (i % 2)                                              \
				release(kept[i]);                               \
			else                                                    \
				t.unfreed_bytes += (bytes), t.unfreed_blocks++; \
		}                                                               \
		protocol_truth(#name, &t);                                      \
	}
	ROWS(RUN)
	protocol_truth("given_up", &blocks);
	protocol_truth_end();
	protocol_await();
	return 0;
}
