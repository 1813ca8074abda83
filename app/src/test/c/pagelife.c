/*
 * Pages that meet with something rare: another program takes the process's place (exec), the process has as many
 * mappings as the kernel allows (mappings N), its pages lie far apart (sparse) or are huge ones of hugetlbfs (hugetlb),
 * go to swap (swap), fault though they are there (numa), or are only read before the end (read). The
 * truth, taken from /proc/self/pagemap where the kernel may have decided otherwise: pages in memory as blocks not freed,
 * pages in swap as failed events.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>

#include "pagemap.h"
#include "protocol.h"

#define HUGE       (512 * PAGE)
#define KEPT       100
#define EARLIER    40
#define HUGE_PAGES 3
#define MANY       20000
#define FAR_APART  4000
#define STEP       (64 * PAGE)

#define WORK __attribute__((noinline)) static

static char *map(size_t bytes, int flags)
{
	char *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (start == MAP_FAILED)
		_exit(2);
	return start;
}

WORK void write_pages(char *start, size_t pages, size_t step)
{
	for (size_t i = 0; i < pages; i++)
		((volatile char *)start)[i * step] = 1;
}

static void tell_each(const char *function, const char *start, size_t pages, size_t step)
{
	int pagemap = pagemap_open();
	struct truth truth = { 0 };

	for (size_t i = 0; i < pages; i++) {
		uint64_t word = pagemap_word(pagemap, start + i * step);

		truth.unfreed_blocks += word >> 63;
		truth.failed_events += word >> 62 & 1;
	}
	close(pagemap);
	protocol_truth(function, &truth);
}

static void tell(const char *function, const char *start, size_t pages)
{
	tell_each(function, start, pages, PAGE);
}

static void page_out(char *start, size_t pages)
{
	madvise(start, pages * PAGE, MADV_PAGEOUT);
}

/* Before the window: pages of which some will go to swap, and some are there and come back. */
static char *will_go, *will_come;

static void before_swap(void)
{
	will_go = map(EARLIER * PAGE, 0);
	will_come = map(EARLIER * PAGE, 0);
	write_pages(will_go, EARLIER, PAGE);
	write_pages(will_come, EARLIER, PAGE);
	page_out(will_come, EARLIER);
}

WORK char *keep(void)
{
	char *p = map(KEPT * PAGE, 0);

	write_pages(p, KEPT, PAGE);
	return p;
}

/* The zero page, which takes no memory. */
WORK void only_read(void)
{
	char *p = map(MANY * PAGE, 0);

	madvise(p, MANY * PAGE, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < MANY; i++)
		(void)((volatile char *)p)[i * PAGE];
}

WORK char *keep_half(void)
{
	char *p = map(KEPT * PAGE, 0);

	write_pages(p, KEPT, PAGE);
	page_out(p, KEPT / 2);
	return p;
}

WORK void swap_in(void)
{
	write_pages(will_come, EARLIER, PAGE);
}

WORK char *keep_huge(void)
{
	char *p = map(HUGE_PAGES * HUGE, MAP_HUGETLB);

	write_pages(p, HUGE_PAGES, HUGE);
	return p;
}

/* Every second page has other rights than its neighbours, so that each is a mapping of its own. */
WORK char *keep_mappings(size_t pages)
{
	char *p = map(pages * PAGE, 0);

	write_pages(p, pages, PAGE);
	for (size_t i = 0; i < pages; i += 2) {
		if (mprotect(p + i * PAGE, PAGE, PROT_READ))
			_exit(2);
	}
	return p;
}

/* As many mappings as the kernel allows, if these are enough pages. */
static void fill_up(size_t pages)
{
	char *p = map(pages * PAGE, MAP_NORESERVE);

	for (size_t i = 0; i < pages; i += 2) {
		if (mprotect(p + i * PAGE, PAGE, PROT_READ))
			return;
	}
	_exit(2);
}

WORK char *keep_sparse(void)
{
	char *p = map(FAR_APART * STEP, MAP_NORESERVE);

	madvise(p, FAR_APART * STEP, MADV_NOHUGEPAGE);
	write_pages(p, FAR_APART, STEP);
	return p;
}

/* Two threads that go on reading pages that are there, until the kernel has looked who uses them (a NUMA hint). */
#define READ_SECONDS 8
static char *read_pages_of;
static volatile int done_reading;

WORK void *read_again(void *unused)
{
	while (!done_reading) {
		for (size_t i = 0; i < MANY; i++)
			(void)((volatile char *)read_pages_of)[i * PAGE];
	}
	return unused;
}

WORK char *keep_many(void)
{
	char *p = map(MANY * PAGE, 0);

	madvise(p, MANY * PAGE, MADV_NOHUGEPAGE);
	write_pages(p, MANY, PAGE);
	return p;
}

static void read_in_threads(char *start)
{
	pthread_t threads[2];

	read_pages_of = start;
	for (int i = 0; i < 2; i++) {
		if (pthread_create(&threads[i], NULL, read_again, NULL))
			_exit(2);
	}
	sleep(READ_SECONDS);
	done_reading = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	size_t mappings = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	char *kept;

	/* What is mapped by now, code above all, comes into memory beforehand. */
	if (mlockall(MCL_CURRENT) == 0)
		munlockall();
	if (!strcmp(what, "swap"))
		before_swap();
	if (!strcmp(what, "full"))
		fill_up(mappings);
	protocol_announce();
	protocol_await();
	kept = keep();
	if (!strcmp(what, "hugetlb")) {
		char *p = keep_huge();

		protocol_truth_begin();
		tell("keep_huge", p, HUGE_PAGES * 512);
	} else if (!strcmp(what, "swap")) {
		char *p = keep_half();

		swap_in();
		page_out(will_go, EARLIER);
		protocol_truth_begin();
		tell("keep_half", p, KEPT);
		tell("swap_in", will_come, EARLIER);
		tell("gone", will_go, EARLIER);
	} else if (!strcmp(what, "numa")) {
		char *p = keep_many();

		read_in_threads(p);
		protocol_truth_begin();
		tell("keep_many", p, MANY);
	} else if (!strcmp(what, "sparse")) {
		char *p = keep_sparse();

		protocol_truth_begin();
		tell_each("keep_sparse", p, FAR_APART, STEP);
	} else if (!strcmp(what, "mappings")) {
		char *p = keep_mappings(mappings);

		protocol_truth_begin();
		tell("keep_mappings", p, mappings);
	} else {
		protocol_truth_begin();
	}
	tell("keep", kept, KEPT);
	protocol_truth_end();
	protocol_await();
	if (!strcmp(what, "read"))
		only_read();
	if (!strcmp(what, "exec"))
		execl("/bin/sleep", "sleep", "60", (char *)NULL);
	return 0;
}
