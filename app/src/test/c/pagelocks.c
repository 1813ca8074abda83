/*
 * Memory that is locked though all of it is there: after the kernel was asked to page it out, which it cannot without
 * swap; after a call that was refused; and after a huge page took the place of the zero page.
 */
#define _GNU_SOURCE
#include <errno.h>

#include "areas.h"
#include "protocol.h"

#define PAGES     40ul
#define HUGE      512ul
#define PAGEOUT   21 /* MADV_PAGEOUT */
#define WORK      __attribute__((noinline)) static void
#define FUNCTIONS 4

static const char *const functions[FUNCTIONS] = { "write_all", "write_huge", "read_huge", "lock_all" };

static inline __attribute__((always_inline)) void write_page(char *page)
{
	*(volatile char *)page = 1;
}

WORK write_all(char *start, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		write_page(start + i * PAGE);
}

WORK write_huge(char *page)
{
	write_page(page);
}

WORK read_huge(const char *page)
{
	(void)*(volatile const char *)page;
}

WORK lock_all(char *start, size_t pages)
{
	if (mlock(start, pages * PAGE))
		_exit(3);
}

int main(void)
{
	struct truth truth[FUNCTIONS] = { [0] = { .unfreed_blocks = 2 * PAGES }, [1] = { .unfreed_blocks = HUGE } };
	char *paged_out, *refused, *huge;

	protocol_announce();
	protocol_await();
	paged_out = map(PAGES, 0);
	write_all(paged_out, PAGES);
	if (madvise(paged_out, PAGES * PAGE, PAGEOUT))
		return 4;
	lock_all(paged_out, PAGES);
	refused = map(PAGES, 0);
	write_all(refused, PAGES);
	if (mlock(refused, PAGES * PAGE) || !madvise(refused, PAGES * PAGE, MADV_DONTNEED) || errno != EINVAL)
		return 5;
	lock_all(refused, PAGES);
	huge = map_huge(1);
	read_huge(huge + 300 * PAGE);
	write_huge(huge + 200 * PAGE);
	lock_all(huge, HUGE);
	protocol_truths(functions, truth, 0, FUNCTIONS);
	protocol_await();
	return 0;
}
