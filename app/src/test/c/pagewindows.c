/*
 * A file's pages that reads bring with others: of a window that was partly in the page cache at the first read, that was cut
 * since, or whose pages the kernel took away itself. Which pages each step brought is taken from /proc/self/pagemap.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#include "pagemap.h"
#include "protocol.h"

#define PAGES  64ul
#define WINDOW 16ul
#define WORK   __attribute__((noinline)) static void

enum bringer { NOTHING, READ_FEW, READ_OTHERS, READ_AFTER_CUT, READ_AGAIN, BRINGERS };

static const char *const functions[] = { "nothing", "read_few", "read_others", "read_after_cut", "read_again" };

static char *area;
static int file, pagemap;
static enum bringer by[PAGES];

static inline __attribute__((always_inline)) void read_windows(size_t from, size_t first)
{
	for (size_t i = from + first; i < PAGES; i += WINDOW)
		(void)((volatile char *)area)[i * PAGE];
}

WORK read_few(void)
{
	read_windows(0, 4);
}

WORK read_others(void)
{
	read_windows(0, 5);
}

WORK read_after_cut(void)
{
	read_windows(0, 6);
}

WORK read_again(void)
{
	read_windows(PAGES / 2, 12);
}

/* These pages are in the page cache from now on. */
static void cache(size_t first, size_t step)
{
	for (size_t i = first; i < PAGES; i += step) {
		if (pwrite(file, "x", 1, (off_t)(i * PAGE)) != 1)
			_exit(3);
	}
}

static void look(enum bringer bringer)
{
	for (size_t i = 0; i < PAGES; i++) {
		if (!(pagemap_word(pagemap, area + i * PAGE) >> 63))
			by[i] = NOTHING;
		else if (by[i] == NOTHING)
			by[i] = bringer;
	}
}

int main(void)
{
	struct truth truth[BRINGERS] = { 0 };

	file = memfd_create("pagewindows", 0);
	pagemap = pagemap_open();
	if (file < 0 || pagemap < 0 || ftruncate(file, PAGES * PAGE))
		return 2;
	area = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, file, 0);
	if (area == MAP_FAILED)
		return 2;
	protocol_announce();
	protocol_await();
	cache(0, 4);
	read_few();
	look(READ_FEW);
	cache(1, 2);
	read_others();
	look(READ_OTHERS);
	/* In the midst of windows. */
	if (mprotect(area + 6 * PAGE, WINDOW * PAGE, PROT_READ | PROT_WRITE))
		return 4;
	cache(2, 4);
	read_after_cut();
	look(READ_AFTER_CUT);
	if (fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGES / 2 * PAGE, PAGES / 2 * PAGE))
		return 5;
	look(NOTHING);
	cache(0, 1);
	read_again();
	look(READ_AGAIN);
	for (size_t i = 0; i < PAGES; i++)
		truth[by[i]].unfreed_blocks++;
	protocol_truths(functions, truth, NOTHING + 1, BRINGERS);
	protocol_await();
	return 0;
}
