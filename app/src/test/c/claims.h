/* Pages that functions answer for. */
#ifndef CLAIMS_H
#define CLAIMS_H

#include "areas.h"

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

#endif
