#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

/* A new page takes the place of an old one: the cache grows until it is full, then no more. */
#define ENTRIES 200

static char *cache[ENTRIES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Writes the page into a buffer that grows as it goes. */
char *render_page(unsigned number)
{
	size_t length = 0, room = 64;
	char *page = malloc(room);

	for (unsigned line = 0; page && line <= number % 20; line++) {
		if (room - length < 64)
			page = realloc(page, room *= 2);
		if (page)
			length += (size_t)snprintf(page + length, room - length, "Line %u of page %u.\n", line, number);
	}
	if (!page)
		abort();
	return page;
}

/* GET number: renders, answers, forgets. */
void handle_get(const char *arguments, FILE *answer)
{
	char *page = render_page((unsigned)strtoul(arguments, NULL, 10));

	fprintf(answer, "LENGTH %zu\n", strlen(page));
	free(page);
}

/* PUT number: renders and keeps it in the cache. */
void handle_put(const char *arguments, FILE *answer)
{
	unsigned number = (unsigned)strtoul(arguments, NULL, 10);
	char *page = render_page(number), *old;

	pthread_mutex_lock(&lock);
	old = cache[number % ENTRIES];
	cache[number % ENTRIES] = page;
	pthread_mutex_unlock(&lock);
	free(old);
	fprintf(answer, "STORED\n");
}
