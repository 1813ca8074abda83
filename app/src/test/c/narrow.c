/*
 * A program whose memory functions take their sizes as int and the like: they are called with other things in the rest
 * of the registers, as a compiler may leave there. A row of the truth is named by the function that called them.
 */
#include <sys/mman.h>

#include "protocol.h"

#define OWN_FRAME  __attribute__((noinline))
#define HUGE       5000000000l
#define ROUNDS     1000
#define REST       0x5a500000000ul /* of a register, beyond 32 bits */
#define REST_OF_16 0x5a55a5a0000ul

static void *volatile sink;
static char arena[1 << 24];
static size_t used;

static void *cut(size_t size)
{
	void *p = arena + used;

	used += (size + 15) & ~(size_t)15;
	return p;
}

OWN_FRAME void *narrow_get(void *pool, int size)
{
	sink = pool;
	return cut((size_t)size);
}

typedef const unsigned amount;

OWN_FRAME void *narrow_calloc(amount count, unsigned short size)
{
	return cut((size_t)count * size);
}

/* The second argument takes no integer register. */
OWN_FRAME void *narrow_resize(void *old, double factor, unsigned size)
{
	sink = old;
	return factor > 1 ? cut(size) : NULL;
}

OWN_FRAME void narrow_put(void *p)
{
	sink = p;
}

/* Larger than 32 bits can say, and true. */
OWN_FRAME void *narrow_reserve(size_t size)
{
	void *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

OWN_FRAME void narrow_release(void *p, size_t size)
{
	munmap(p, size);
}

/* Never called. */
void *narrow_spare(unsigned size)
{
	return cut(size);
}

void narrow_drop(void *p)
{
	sink = p;
}

/* ---- who calls them, with full registers ---- */

static void *(*volatile get)(void *pool, unsigned long size) = (void *)narrow_get;
static void *(*volatile product)(unsigned long count, unsigned long size) = (void *)narrow_calloc;
static void *(*volatile resize)(void *old, double factor, unsigned long size) = (void *)narrow_resize;

OWN_FRAME void *by_get(unsigned long size)
{
	void *p = get(&arena, REST | size);

	sink = p;
	return p;
}

OWN_FRAME void *by_calloc(unsigned long count, unsigned long size)
{
	void *p = product(REST | count, REST_OF_16 | size);

	sink = p;
	return p;
}

OWN_FRAME void *by_resize(void *old, unsigned long size)
{
	void *p = resize(old, 1.5, REST | size);

	sink = p;
	return p;
}

OWN_FRAME void *by_reserve(size_t size)
{
	void *p = narrow_reserve(size);

	sink = p;
	return p;
}

int main(void)
{
	struct truth got = { 0 }, zeroed = { 0 }, resized = { 0 }, reserved = { 0 };

	protocol_announce();
	protocol_await();
	for (int i = 0; i < ROUNDS; i++) {
		size_t size = 1 + (size_t)i % 300;
		int kept = i % 3 == 0;
		void *first = by_get(size), *second = by_calloc(3, size), *third = by_resize(by_get(7), 2 * size);

		protocol_count(&got, (long long)size, kept);
		protocol_count(&got, 7, 0);
		protocol_count(&zeroed, 3 * (long long)size, kept);
		protocol_count(&resized, 2 * (long long)size, kept);
		if (!kept) {
			narrow_put(first);
			narrow_put(second);
			narrow_put(third);
		}
	}
	narrow_release(by_reserve(2 * HUGE), 2 * HUGE);
	protocol_count(&reserved, 2 * HUGE, 0);
	by_reserve(HUGE);
	protocol_count(&reserved, HUGE, 1);
	protocol_truth_begin();
	protocol_truth("by_get", &got);
	protocol_truth("by_calloc", &zeroed);
	protocol_truth("by_resize", &resized);
	protocol_truth("by_reserve", &reserved);
	protocol_truth_end();
	protocol_await();
	return 0;
}
