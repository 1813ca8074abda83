/* Pages that functions answer for, and memory for them. */
#ifndef CLAIMS_H
#define CLAIMS_H

#include <sys/mman.h>

#include "pagemap.h"

#define MAX_CLAIMS 512

struct claim {
	const char *function;
	char *start;
	size_t pages;
};

static struct claim claims[MAX_CLAIMS];
static int claimed;

static void claim(const char *function, char *start, size_t pages)
{
	claims[claimed++] = (struct claim){ function, start, pages };
}

static char *map(size_t pages, int flags)
{
	char *start = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (start == MAP_FAILED)
		_exit(2);
	return start;
}

#endif
