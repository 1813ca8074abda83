/* Memory for test programs: anonymous, and where a fault brings a huge page. */
#ifndef AREAS_H
#define AREAS_H

#include <stdint.h>
#include <sys/mman.h>

#include "pagemap.h"

#define HUGE_PAGE_BYTES (512 * PAGE)

static inline char *map(size_t pages, int flags)
{
	char *start = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (start == MAP_FAILED)
		_exit(2);
	return start;
}

/* The first address from here on at which a huge page may begin. */
static inline char *huge_aligned(char *start)
{
	return (char *)(((uintptr_t)start + HUGE_PAGE_BYTES - 1) & ~(HUGE_PAGE_BYTES - 1));
}

/* So many huge pages' worth of addresses, aligned, where a fault brings a huge page. */
static inline char *map_huge(size_t count)
{
	char *start = huge_aligned(map((count + 1) * HUGE_PAGE_BYTES / PAGE, 0));

	madvise(start, count * HUGE_PAGE_BYTES, MADV_HUGEPAGE);
	return start;
}

#endif
