/*
 * Threads that map, unmap, drop, move and touch pages all at once, at random: `pagefuzz SEED THREADS STEPS`. Each works
 * on regions that it has locked, but addresses that one gives back the kernel gives to another at once. What brought
 * each page is written down beside it and moves along with it, so that the pages of each function are known at the end;
 * /proc/self/pagemap is asked whether the kernel agrees that these pages are there, and no others.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "areas.h"
#include "pagemap.h"
#include "protocol.h"

#define REGIONS     96
#define MAX_PAGES   256
#define MAX_THREADS 16

#define WORK __attribute__((noinline)) static

/* What brought a page. */
enum bringer { NOTHING, WRITE_HERE, WRITE_THERE, FILL_BY_READ, POPULATE, LOCK_HERE, BRINGERS };

static const char *const functions[] = {
	"nothing", "write_here", "write_there", "fill_by_read", "populate", "lock_here"
};

struct region {
	pthread_mutex_t lock;
	char *start; /* NULL: none */
	size_t pages;
	uint8_t by[MAX_PAGES];
};

static struct region regions[REGIONS];
static pthread_barrier_t begin, end;
static int source, pagemap;
static unsigned long steps, seed;

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static size_t below(uint64_t *state, size_t limit)
{
	return next(state) % limit;
}

static void bring(struct region *region, size_t first, size_t count, enum bringer by)
{
	for (size_t i = first; i < first + count; i++) {
		if (!region->by[i])
			region->by[i] = by;
	}
}

WORK void write_here(struct region *region, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		((volatile char *)region->start)[i * PAGE] = 1;
	bring(region, first, count, WRITE_HERE);
}

WORK void write_there(struct region *region, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		((volatile char *)region->start)[i * PAGE] = 1;
	bring(region, first, count, WRITE_THERE);
}

WORK void fill_by_read(struct region *region, size_t first, size_t count)
{
	if (pread(source, region->start + first * PAGE, count * PAGE, 0) != (ssize_t)(count * PAGE))
		_exit(2);
	bring(region, first, count, FILL_BY_READ);
}

/* The zero page, if none is there. */
WORK void only_read(struct region *region, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		(void)((volatile char *)region->start)[i * PAGE];
}

/* Also in place of the zero page. */
WORK void lock_here(struct region *region, size_t first, size_t count)
{
	if (mlock(region->start + first * PAGE, count * PAGE) || munlock(region->start + first * PAGE, count * PAGE))
		_exit(2);
	bring(region, first, count, LOCK_HERE);
}

WORK void map_region(struct region *region, size_t pages)
{
	region->start = map(pages, 0);
	region->pages = pages;
	memset(region->by, NOTHING, sizeof(region->by));
}

WORK void populate(struct region *region, size_t pages)
{
	region->start = map(pages, MAP_POPULATE);
	region->pages = pages;
	memset(region->by, POPULATE, pages);
	memset(region->by + pages, NOTHING, MAX_PAGES - pages);
}

WORK void unmap_from(struct region *region, size_t first)
{
	if (region->pages > first)
		munmap(region->start + first * PAGE, (region->pages - first) * PAGE);
	memset(region->by + first, NOTHING, MAX_PAGES - first);
	region->pages = first;
	if (!first)
		region->start = NULL;
}

WORK void drop(struct region *region, size_t first, size_t count)
{
	madvise(region->start + first * PAGE, count * PAGE, MADV_DONTNEED);
	memset(region->by + first, NOTHING, count);
}

WORK void resize(struct region *region, size_t pages)
{
	char *start = mremap(region->start, region->pages * PAGE, pages * PAGE, MREMAP_MAYMOVE);

	/* What was locked has become several mappings, which do not grow. */
	if (start == MAP_FAILED && errno == EFAULT)
		return;
	if (start == MAP_FAILED)
		_exit(2);
	if (pages < region->pages)
		memset(region->by + pages, NOTHING, MAX_PAGES - pages);
	region->start = start;
	region->pages = pages;
}

/* Its pages go elsewhere, the mapping stays, without pages. */
WORK void move_pages_out(struct region *from, struct region *to)
{
	size_t bytes = from->pages * PAGE;
	char *start = mremap(from->start, bytes, bytes, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);

	if (start == MAP_FAILED && errno == EFAULT)
		return;
	if (start == MAP_FAILED)
		_exit(2);
	to->start = start;
	to->pages = from->pages;
	memcpy(to->by, from->by, MAX_PAGES);
	memset(from->by, NOTHING, MAX_PAGES);
}

/* In place of what the other one has there. */
WORK void move_over(struct region *from, struct region *to)
{
	size_t pages = from->pages < to->pages ? from->pages : to->pages;

	if (mremap(from->start, pages * PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to->start) != to->start)
		_exit(2);
	memcpy(to->by, from->by, pages);
	/* Two mappings are none that can be moved on. */
	unmap_from(to, pages);
	if (pages < from->pages) {
		memmove(from->by, from->by + pages, from->pages - pages);
		memset(from->by + from->pages - pages, NOTHING, pages);
		from->start += pages * PAGE;
		from->pages -= pages;
	} else {
		memset(from->by, NOTHING, MAX_PAGES);
		from->start = NULL;
		from->pages = 0;
	}
}

static void on_two(struct region *from, uint64_t *state)
{
	struct region *to = &regions[below(state, REGIONS)];

	/* The other one is locked already by somebody else, or by us. */
	if (pthread_mutex_trylock(&to->lock))
		return;
	if (to->start)
		move_over(from, to);
	else
		move_pages_out(from, to);
	pthread_mutex_unlock(&to->lock);
}

static void step(struct region *region, uint64_t *state)
{
	size_t first, count;

	if (!region->start) {
		count = 1 + below(state, MAX_PAGES);
		if (below(state, 8))
			map_region(region, count);
		else
			populate(region, count);
		return;
	}
	first = below(state, region->pages);
	count = 1 + below(state, region->pages - first);
	switch (below(state, 16)) {
	case 0:
		unmap_from(region, 0);
		break;
	case 1:
		unmap_from(region, first);
		break;
	case 2:
	case 3:
		drop(region, first, count);
		break;
	case 4:
	case 5:
		resize(region, 1 + below(state, MAX_PAGES));
		break;
	case 6:
	case 7:
		on_two(region, state);
		break;
	case 8:
		only_read(region, first, count);
		break;
	case 9:
	case 10:
		fill_by_read(region, first, count);
		break;
	case 11:
	case 12:
	case 13:
		write_here(region, first, count);
		break;
	case 14:
		lock_here(region, first, count);
		break;
	default:
		write_there(region, first, count);
		break;
	}
}

static void *work(void *number)
{
	uint64_t state = (seed + 1) * 0x9e3779b97f4a7c15ull + (uintptr_t)number * 0xd1342543de82ef95ull;

	pthread_barrier_wait(&begin);
	for (unsigned long i = 0; i < steps; i++) {
		struct region *region = &regions[below(&state, REGIONS)];

		if (pthread_mutex_trylock(&region->lock))
			continue;
		step(region, &state);
		pthread_mutex_unlock(&region->lock);
	}
	pthread_barrier_wait(&end);
	for (;;)
		pause();
	return NULL;
}

/* The kernel agrees, page by page; the zero page is no page of a region's own. */
static void check(const struct region *region, uint64_t zero)
{
	for (size_t i = 0; i < region->pages; i++) {
		uint64_t word = pagemap_word(pagemap, region->start + i * PAGE);
		int is_there = word >> 63 && pagemap_frame(word) != zero;

		if (is_there != (region->by[i] != NOTHING))
			_exit(3);
	}
}

int main(int argc, char **argv)
{
	static char content[MAX_PAGES * PAGE];
	static char stacks[MAX_THREADS][64 << 10] __attribute__((aligned(4096)));
	char path[] = "/tmp/pagefuzz-XXXXXX";
	unsigned threads = argc > 2 ? (unsigned)atoi(argv[2]) : 4;
	struct truth truth[BRINGERS] = { 0 };
	pthread_attr_t attributes;
	pthread_t thread;
	uint64_t zero;
	char *page;

	seed = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	steps = argc > 3 ? strtoul(argv[3], NULL, 10) : 20000;
	source = mkstemp(path);
	unlink(path);
	pagemap = pagemap_open();
	if (threads > MAX_THREADS || pagemap < 0 || write(source, content, sizeof(content)) != sizeof(content))
		return 2;
	/* Else a huge page would be several functions'. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	page = map(1, 0);
	zero = *(volatile char *)page;
	zero = pagemap_frame(pagemap_word(pagemap, page));
	munmap(page, PAGE);
	for (int i = 0; i < REGIONS; i++)
		pthread_mutex_init(&regions[i].lock, NULL);
	pthread_barrier_init(&begin, NULL, threads + 1);
	pthread_barrier_init(&end, NULL, threads + 1);
	/* Only the regions change in the window. */
	mlockall(MCL_CURRENT);
	munlockall();
	pthread_attr_init(&attributes);
	for (uintptr_t i = 0; i < threads; i++) {
		pthread_attr_setstack(&attributes, stacks[i], sizeof(stacks[i]));
		if (pthread_create(&thread, &attributes, work, (void *)i))
			return 2;
	}
	protocol_announce();
	protocol_await();
	pthread_barrier_wait(&begin);
	pthread_barrier_wait(&end);
	for (int i = 0; i < REGIONS; i++) {
		check(&regions[i], zero);
		for (size_t j = 0; j < regions[i].pages; j++)
			truth[regions[i].by[j]].unfreed_blocks++;
	}
	protocol_truths(functions, truth, NOTHING + 1, BRINGERS);
	protocol_await();
	return 0;
}
