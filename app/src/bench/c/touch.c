/*
 * Touches fresh pages on demand, and says what that took. Says its PID, then answers each line of stdin by one:
 *
 *   touch PAGES           one after the other, as fast as it can       pages, CPU nanoseconds, wall nanoseconds
 *   random PAGES          the same in random order
 *   stacks PAGES          the same from 500 stacks of 30 frames, in random order as well: all at one stack pointer
 *   grow PAGES SECONDS    spread over that time, a part every 10 ms
 *   drop                  gives the last ones back                     0 0 0
 *
 * What was touched stays until it is dropped. Huge pages are off, so that each page is a fault of its own.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE             4096ul
#define PARTS_PER_SECOND 100

static char *region;
static size_t region_pages;

static long long now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void make_region(size_t pages)
{
	region = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (region == MAP_FAILED || madvise(region, pages * PAGE, MADV_NOHUGEPAGE))
		exit(1);
	region_pages = pages;
}

/* Page numbers in random order, always the same one. */
static uint32_t *shuffled(size_t pages)
{
	uint32_t *order = malloc(pages * sizeof(*order));
	uint64_t random = 0x9e3779b97f4a7c15ull;

	for (size_t i = 0; i < pages; i++)
		order[i] = (uint32_t)i;
	for (size_t i = pages - 1; i > 0; i--) {
		uint32_t at = order[i];
		size_t with;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		with = random % (i + 1);
		order[i] = order[with];
		order[with] = at;
	}
	return order;
}

__attribute__((noinline)) static void touch_pages(size_t first, size_t end)
{
	for (size_t i = first; i < end; i++)
		((volatile char *)region)[i * PAGE] = 1;
}

__attribute__((noinline)) static void touch_in_order(const uint32_t *order, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		((volatile char *)region)[order[i] * PAGE] = 1;
}

/* Which functions are on the stack is told by the bits of its number. */
#define STACKS 500
#define LEVELS 28
#define BITS   9

#define LEVEL __attribute__((noinline)) static void

LEVEL go_left(size_t page, unsigned stack, unsigned level);
LEVEL go_right(size_t page, unsigned stack, unsigned level);

static inline __attribute__((always_inline)) void step(size_t page, unsigned stack, unsigned level)
{
	if (level == LEVELS)
		((volatile char *)region)[page * PAGE] = 1;
	else if (stack >> (level % BITS) & 1)
		go_left(page, stack, level + 1);
	else
		go_right(page, stack, level + 1);
}

LEVEL go_left(size_t page, unsigned stack, unsigned level)
{
	step(page, stack, level);
}

LEVEL go_right(size_t page, unsigned stack, unsigned level)
{
	step(page, stack, level);
}

__attribute__((noinline)) static void touch_from_stacks(const uint32_t *order, size_t pages)
{
	uint64_t random = 0x9e3779b97f4a7c15ull;

	for (size_t i = 0; i < pages; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		step(order[i], random % STACKS, 0);
	}
}

__attribute__((noinline)) static void grow(size_t pages, size_t seconds)
{
	size_t parts = seconds * PARTS_PER_SECOND;
	long long begin = now(CLOCK_MONOTONIC);

	for (size_t part = 0; part < parts; part++) {
		long long due = begin + (long long)part * (1000000000ll / PARTS_PER_SECOND);
		struct timespec until = { .tv_sec = due / 1000000000ll, .tv_nsec = due % 1000000000ll };

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
		touch_pages(pages * part / parts, pages * (part + 1) / parts);
	}
}

int main(void)
{
	char line[128], what[16];
	size_t pages, seconds;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("%d\n", (int)getpid());
	while (fgets(line, sizeof(line), stdin)) {
		uint32_t *order = NULL;
		long long cpu, wall;

		pages = seconds = 0;
		if (sscanf(line, "%15s %zu %zu", what, &pages, &seconds) < 1)
			return 2;
		if (strcmp(what, "drop"))
			make_region(pages);
		else
			munmap(region, region_pages * PAGE);
		if (!strcmp(what, "random") || !strcmp(what, "stacks"))
			order = shuffled(pages);
		cpu = now(CLOCK_PROCESS_CPUTIME_ID);
		wall = now(CLOCK_MONOTONIC);
		if (!strcmp(what, "stacks"))
			touch_from_stacks(order, pages);
		else if (order)
			touch_in_order(order, pages);
		else if (!strcmp(what, "grow"))
			grow(pages, seconds);
		else
			touch_pages(0, pages);
		printf("%zu %lld %lld\n", pages, now(CLOCK_PROCESS_CPUTIME_ID) - cpu, now(CLOCK_MONOTONIC) - wall);
		free(order);
	}
	return 0;
}
