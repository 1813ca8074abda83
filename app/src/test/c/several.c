/*
 * A program that is linked with three allocators and uses each: mimalloc's functions, which are malloc as well since it
 * comes first, jemalloc's by its own interface, and tcmalloc's by their prefix. A row is named by the function that
 * called them.
 */
#include "protocol.h"

#define OWN_FRAME __attribute__((noinline))
#define ROUNDS    5000

void *mi_malloc(size_t size);
void *mi_rezalloc(void *old, size_t size);
void *mi_new_reallocn(void *old, size_t count, size_t size);
void mi_free(void *p);
void *mallocx(size_t size, int flags);
void *rallocx(void *old, size_t size, int flags);
size_t xallocx(void *p, size_t size, size_t extra, int flags);
void sdallocx(void *p, size_t size, int flags);
void *tc_calloc(size_t count, size_t size);
void tc_free(void *p);

static void *volatile sink;

OWN_FRAME void *by_libc(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *by_mimalloc(size_t size)
{
	void *p = mi_malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *moved_by_mimalloc(void *old, size_t size)
{
	void *p = mi_rezalloc(old, size);

	sink = p;
	return p;
}

/* A function that exceptions may leave, and that jumps to another such one. */
OWN_FRAME void *handed_on_by_mimalloc(void *old, size_t count, size_t size)
{
	void *p = mi_new_reallocn(old, count, size);

	sink = p;
	return p;
}

OWN_FRAME void *by_jemalloc(size_t size)
{
	void *p = mallocx(size, 0);

	sink = p;
	return p;
}

OWN_FRAME void *moved_by_jemalloc(void *old, size_t size)
{
	void *p = rallocx(old, size, 0);

	sink = p;
	return p;
}

/* True when the block has the size now. */
OWN_FRAME int grown_by_jemalloc(void *p, size_t size)
{
	size_t now = xallocx(p, size, 0, 0);

	sink = p;
	return now >= size;
}

OWN_FRAME void *by_tcmalloc(size_t count, size_t size)
{
	void *p = tc_calloc(count, size);

	sink = p;
	return p;
}

static void add(struct truth *t, size_t size, int kept)
{
	t->all_bytes += (long long)size;
	t->all_events++;
	t->unfreed_bytes += kept ? (long long)size : 0;
	t->unfreed_blocks += kept;
}

int main(void)
{
	struct truth libc = { 0 }, mi = { 0 }, mi_moved = { 0 }, mi_handed = { 0 }, je = { 0 }, je_moved = { 0 },
		     je_grown = { 0 }, tc = { 0 };

	protocol_announce();
	protocol_await();
	for (int i = 0; i < ROUNDS; i++) {
		size_t size = 1 + (size_t)i * 7 % 3000;
		int kept = i % 3 == 0, move = i % 2, grow = i % 5 == 0, grown;
		void *p = by_libc(size);

		add(&libc, size, kept);
		if (!kept)
			free(p);

		p = by_mimalloc(size);
		add(&mi, size, kept && !move);
		if (move) {
			p = moved_by_mimalloc(p, 3 * size);
			add(&mi_moved, 3 * size, kept);
		}
		if (!kept)
			mi_free(p);

		p = handed_on_by_mimalloc(NULL, 2, size);
		add(&mi_handed, 2 * size, kept && !move);
		if (move) {
			p = handed_on_by_mimalloc(p, 3, size);
			add(&mi_handed, 3 * size, kept);
		}
		if (!kept)
			mi_free(p);

		p = by_jemalloc(size);
		grown = grow && grown_by_jemalloc(p, size + 8);
		add(&je, size, kept && !move && !grown);
		if (grown) { /* in place: no request that all mode could tell from a failed one */
			je_grown.unfreed_bytes += kept && !move ? (long long)size + 8 : 0;
			je_grown.unfreed_blocks += kept && !move;
		}
		if (move) {
			p = moved_by_jemalloc(p, 2 * size);
			add(&je_moved, 2 * size, kept);
		}
		if (!kept)
			sdallocx(p, move ? 2 * size : grown ? size + 8 : size, 0);

		p = by_tcmalloc(2, size);
		add(&tc, 2 * size, kept);
		if (!kept)
			tc_free(p);
	}
	protocol_truth_begin();
	protocol_truth("by_libc", &libc);
	protocol_truth("by_mimalloc", &mi);
	protocol_truth("moved_by_mimalloc", &mi_moved);
	protocol_truth("handed_on_by_mimalloc", &mi_handed);
	protocol_truth("by_jemalloc", &je);
	protocol_truth("moved_by_jemalloc", &je_moved);
	protocol_truth("grown_by_jemalloc", &je_grown);
	protocol_truth("by_tcmalloc", &tc);
	protocol_truth_end();
	protocol_await();
	return 0;
}
