/*
 * One thread that moves, cuts, drops and shares mappings of huge pages and of shared memory at random: `pagemoves SEED
 * STEPS KINDS WAYS` (a bit for each of enum kind, and of enum way). Which pages a step brought the kernel tells, right behind it
 * (PAGEMAP_SCAN), so that no knowledge of folios is needed; whose they are stays written down until they go, wherever
 * mremap takes them.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "pagemap.h"
#include "protocol.h"

#define REGIONS     10
#define MAX_PAGES   1600
#define HUGE_PAGES  512
#define WORK        __attribute__((noinline)) static
#define POPULATE_WR 23 /* MADV_POPULATE_WRITE */

enum bringer { NOTHING, WRITE_HERE, WRITE_THERE, READ_HERE, FILL_BY_READ, POPULATE, LOCK, BRINGERS };

static const char *const functions[] = {
	"nothing", "write_here", "write_there", "read_here", "fill_by_read", "populate", "lock_here",
};

enum kind { HUGE_PRIVATE, SHARED, OF_FILE, KINDS };

enum way { MOVES = 1, POPULATES = 2, FREES = 4 };

struct region {
	char *start; /* NULL: none */
	size_t pages;
	size_t room; /* pages that it may have, of its file */
	enum kind kind;
	uint8_t by[MAX_PAGES];
};

/* include/uapi/linux/fs.h, since Linux 6.7 */
struct scan {
	uint64_t size, flags, start, end, walk_end, found, found_size, max_pages;
	uint64_t inverted, all_of, any_of, returned;
};

struct found {
	uint64_t start, end, categories;
};

#define SCAN       _IOWR('f', 16, struct scan)
#define IS_PRESENT (1ull << 3)
#define IS_ZERO    (1ull << 5)

static struct region regions[REGIONS];
static int source, pagemap;
static uint64_t state;

static size_t below(size_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % limit;
}

/* Whose the pages are that are there now, and were not before. */
static void look_at(struct region *region, enum bringer by)
{
	static struct found found[MAX_PAGES];
	static uint8_t there[MAX_PAGES];
	struct scan scan = {
		.size = sizeof(scan),
		.start = (uintptr_t)region->start,
		.end = (uintptr_t)region->start + region->pages * PAGE,
		.found = (uintptr_t)found,
		.found_size = MAX_PAGES,
		.inverted = IS_ZERO,
		.all_of = IS_PRESENT | IS_ZERO,
		.returned = IS_PRESENT,
	};
	int count;

	if (!region->start)
		return;
	count = ioctl(pagemap, SCAN, &scan);
	if (count < 0)
		_exit(3);
	memset(there, 0, sizeof(there));
	for (int i = 0; i < count; i++)
		memset(there + (found[i].start - scan.start) / PAGE, 1, (found[i].end - found[i].start) / PAGE);
	for (size_t i = 0; i < MAX_PAGES; i++) {
		if (!there[i])
			region->by[i] = NOTHING;
		else if (region->by[i] == NOTHING)
			region->by[i] = (uint8_t)by;
	}
}

/* At all, since one mapping may hold several regions, and a huge page reach from one to the next. */
static void look(enum bringer by)
{
	for (int i = 0; i < REGIONS; i++)
		look_at(&regions[i], by);
}

WORK void write_here(struct region *region, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		((volatile char *)region->start)[i * PAGE] = 1;
}

WORK void write_there(struct region *region, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		((volatile char *)region->start)[i * PAGE] = 1;
}

WORK void read_here(struct region *region, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		(void)((volatile char *)region->start)[i * PAGE];
}

WORK void fill_by_read(struct region *region, size_t first, size_t count)
{
	if (pread(source, region->start + first * PAGE, count * PAGE, 0) != (ssize_t)(count * PAGE))
		_exit(4);
}

WORK void populate(struct region *region, size_t first, size_t count)
{
	if (madvise(region->start + first * PAGE, count * PAGE, POPULATE_WR))
		_exit(5);
}

WORK void lock_here(struct region *region, size_t first, size_t count)
{
	if (mlock(region->start + first * PAGE, count * PAGE))
		_exit(6);
}

static void map_region(struct region *region, unsigned kinds)
{
	char path[] = "/tmp/pagemoves-XXXXXX";
	int file = -1, flags = MAP_SHARED;

	do
		region->kind = below(KINDS);
	while (!(kinds >> region->kind & 1));
	region->pages = 1 + below(MAX_PAGES);
	region->room = MAX_PAGES;
	if (region->kind == HUGE_PRIVATE)
		flags = MAP_PRIVATE | MAP_ANONYMOUS;
	else
		file = region->kind == SHARED ? memfd_create("pagemoves", 0) : mkstemp(path);
	if (region->kind == OF_FILE)
		unlink(path);
	if (file >= 0 && ftruncate(file, MAX_PAGES * PAGE))
		_exit(7);
	region->start = mmap(NULL, region->pages * PAGE, PROT_READ | PROT_WRITE, flags, file, 0);
	if (region->start == MAP_FAILED)
		_exit(8);
	if (region->kind == HUGE_PRIVATE && madvise(region->start, region->pages * PAGE, MADV_HUGEPAGE))
		_exit(9);
	if (file >= 0)
		close(file);
	memset(region->by, NOTHING, MAX_PAGES);
}

static void unmap_tail(struct region *region, size_t first)
{
	munmap(region->start + first * PAGE, (region->pages - first) * PAGE);
	memset(region->by + first, NOTHING, MAX_PAGES - first);
	region->pages = first;
	if (!first)
		region->start = NULL;
}

static void unmap_head(struct region *region, size_t count)
{
	munmap(region->start, count * PAGE);
	memmove(region->by, region->by + count, MAX_PAGES - count);
	memset(region->by + MAX_PAGES - count, NOTHING, count);
	region->pages -= count;
	region->room -= count;
	region->start = region->pages ? region->start + count * PAGE : NULL;
}

static void resize(struct region *region, size_t pages)
{
	char *start = mremap(region->start, region->pages * PAGE, pages * PAGE, MREMAP_MAYMOVE);

	/* Several mappings cannot grow. */
	if (start == MAP_FAILED)
		return;
	if (pages < region->pages)
		memset(region->by + pages, NOTHING, MAX_PAGES - pages);
	region->start = start;
	region->pages = pages;
}

/* To addresses of its own, in some distance from where a huge page could lie. */
static void move_away(struct region *region, size_t pages_off)
{
	size_t bytes = region->pages * PAGE, room = bytes + 2 * HUGE_PAGES * PAGE;
	char *place = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *to = (char *)(((uintptr_t)place + HUGE_PAGES * PAGE - 1) & -(HUGE_PAGES * PAGE)) + pages_off * PAGE;

	if (mremap(region->start, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to)
		region->start = to;
	else
		to = place;
	munmap(place, (size_t)(to - place));
	munmap(to + bytes, (size_t)(place + room - to) - bytes);
}

/* A part of one over a part of the other. */
static void move_into(struct region *from, struct region *to)
{
	size_t pages = 1 + below(from->pages < to->pages ? from->pages : to->pages);
	size_t at = below(from->pages - pages + 1);

	if (mremap(from->start + at * PAGE, pages * PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to->start) !=
	    to->start)
		return;
	/* Two mappings are none that can be moved on. */
	memcpy(to->by, from->by + at, pages);
	to->kind = from->kind;
	to->room = from->room - at;
	if (pages < to->pages)
		unmap_tail(to, pages);
	if (at + pages < from->pages)
		munmap(from->start + (at + pages) * PAGE, (from->pages - at - pages) * PAGE);
	memset(from->by + at, NOTHING, MAX_PAGES - at);
	from->pages = at;
	if (!at)
		from->start = NULL;
}

static void leave_empty(struct region *from, struct region *to)
{
	size_t bytes = from->pages * PAGE;
	char *start = mremap(from->start, bytes, bytes, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);

	if (start == MAP_FAILED)
		return;
	*to = *from;
	to->start = start;
	memset(from->by, NOTHING, MAX_PAGES);
}

static void on_two(struct region *from)
{
	struct region *to = &regions[below(REGIONS)];

	if (to == from)
		return;
	if (to->start)
		move_into(from, to);
	else
		leave_empty(from, to);
}

static void step(unsigned kinds, unsigned ways)
{
	struct region *region = &regions[below(REGIONS)];
	enum bringer by = NOTHING;
	size_t first, count;

	if (!region->start) {
		map_region(region, kinds);
		return;
	}
	first = below(region->pages);
	count = 1 + below(region->pages - first);
	if (below(2) && count > 20)
		count = 1 + below(20);
	switch (below(ways & MOVES ? 18 : 14)) {
	case 0:
		unmap_tail(region, first);
		break;
	case 1:
		unmap_head(region, count);
		break;
	case 2:
	case 3:
		madvise(region->start + first * PAGE, count * PAGE, MADV_DONTNEED);
		/* A huge page is split for a part of it: what has only zeros becomes the zero page. */
		if (ways & FREES)
			madvise(region->start, region->pages / 2 * PAGE, MADV_FREE);
		break;
	case 4:
	case 5:
		/* The huge zero page is nobody's, which PAGEMAP_SCAN does not know. */
		if (region->kind != HUGE_PRIVATE) {
			by = READ_HERE;
			read_here(region, first, count);
		}
		break;
	case 6:
		by = FILL_BY_READ;
		fill_by_read(region, first, count);
		break;
	case 7:
		if (ways & POPULATES) {
			by = POPULATE;
			populate(region, first, count);
			break;
		}
		/* fall through */
	case 8:
		by = LOCK;
		lock_here(region, first, count);
		munlock(region->start + first * PAGE, count * PAGE);
		break;
	case 9:
	case 10:
	case 11:
		by = WRITE_HERE;
		write_here(region, first, count);
		break;
	case 12:
	case 13:
		by = WRITE_THERE;
		write_there(region, first, count);
		break;
	case 14:
		resize(region, 1 + below(region->room));
		break;
	case 15:
		move_away(region, below(2) ? 0 : below(HUGE_PAGES));
		break;
	default:
		on_two(region);
		break;
	}
	look(by);
}

int main(int argc, char **argv)
{
	static char content[MAX_PAGES * PAGE];
	unsigned long steps = argc > 2 ? strtoul(argv[2], NULL, 10) : 400;
	unsigned kinds = argc > 3 ? (unsigned)atoi(argv[3]) : (1 << KINDS) - 1;
	unsigned ways = argc > 4 ? (unsigned)atoi(argv[4]) : 0;
	struct truth truth[BRINGERS] = { 0 };
	char path[] = "/tmp/pagemoves-XXXXXX";

	state = ((argc > 1 ? strtoul(argv[1], NULL, 10) : 1) + 1) * 0x9e3779b97f4a7c15ull;
	source = mkstemp(path);
	pagemap = pagemap_open();
	if (pagemap < 0 || unlink(path) || write(source, content, sizeof(content)) != sizeof(content))
		return 2;
	/* Only the regions change in the window. */
	mlockall(MCL_CURRENT);
	munlockall();
	protocol_announce();
	protocol_await();
	for (unsigned long i = 0; i < steps; i++)
		step(kinds, ways);
	look(NOTHING);
	for (int i = 0; i < REGIONS; i++) {
		for (size_t j = 0; j < regions[i].pages; j++)
			truth[regions[i].by[j]].unfreed_blocks++;
	}
	protocol_truths(functions, truth, NOTHING + 1, BRINGERS);
	protocol_await();
	return 0;
}
