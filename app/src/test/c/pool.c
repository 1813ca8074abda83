/*
 * A program with memory functions of its own: a pool that cuts its blocks out of chunks from malloc, and functions with
 * a prefix that pass each call on. A row of the truth is named by the function that called them.
 */
#include "protocol.h"

#define OWN_FRAME __attribute__((noinline))
#define ROUNDS    5000
#define CHUNK     65536

static void *volatile sink;

/* ---- the pool: its first argument is not the size ---- */

struct pool {
	char *chunk;
	size_t used;
};

OWN_FRAME void *pool_get(struct pool *pool, size_t size)
{
	void *p;

	if (!pool->chunk || pool->used + size > CHUNK) {
		pool->chunk = malloc(CHUNK);
		pool->used = 0;
	}
	p = pool->chunk + pool->used;
	pool->used += (size + 15) & ~(size_t)15;
	sink = p;
	return p;
}

OWN_FRAME void pool_put(struct pool *pool, void *p)
{
	sink = p;
	sink = pool;
}

/* ---- functions that pass on ---- */

OWN_FRAME void *my_malloc(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *my_calloc(size_t count, size_t size)
{
	void *p = calloc(count, size);

	sink = p;
	return p;
}

OWN_FRAME void *my_realloc(void *old, size_t size)
{
	void *p = realloc(old, size);

	sink = p;
	return p;
}

OWN_FRAME void my_free(void *p)
{
	sink = p;
	free(p);
}

/* ---- who calls them ---- */

OWN_FRAME void *from_pool(struct pool *pool, size_t size)
{
	void *p = pool_get(pool, size);

	sink = p;
	return p;
}

OWN_FRAME void *by_malloc(size_t size)
{
	void *p = my_malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *by_calloc(size_t count, size_t size)
{
	void *p = my_calloc(count, size);

	sink = p;
	return p;
}

OWN_FRAME void *by_realloc(void *old, size_t size)
{
	void *p = my_realloc(old, size);

	sink = p;
	return p;
}

int main(void)
{
	struct pool pool = { NULL, 0 };
	struct truth pooled = { 0 }, allocated = { 0 }, zeroed = { 0 }, moved = { 0 };

	protocol_announce();
	protocol_await();
	for (int i = 0; i < ROUNDS; i++) {
		size_t size = 1 + (size_t)i % 700;
		int kept = i % 3 == 0;
		void *block[4] = { from_pool(&pool, size), by_malloc(size), by_calloc(3, size), by_malloc(size) };

		block[3] = by_realloc(block[3], 2 * size);
		protocol_count(&pooled, size, kept);
		protocol_count(&allocated, size, kept);
		protocol_count(&zeroed, 3 * size, kept);
		protocol_count(&allocated, size, 0);
		protocol_count(&moved, 2 * size, kept);
		if (!kept) {
			pool_put(&pool, block[0]);
			for (int k = 1; k < 4; k++)
				my_free(block[k]);
		}
	}
	protocol_truth_begin();
	protocol_truth("from_pool", &pooled);
	protocol_truth("by_malloc", &allocated);
	protocol_truth("by_calloc", &zeroed);
	protocol_truth("by_realloc", &moved);
	protocol_truth_end();
	protocol_await();
	return 0;
}
