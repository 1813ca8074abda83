/*
 * A program with an allocator of its own that moves all its code to memory that no file backs, as programs do to have
 * it in huge pages.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include "protocol.h"

#define OWN_FRAME __attribute__((noipa))

static char pool[1 << 20];
static size_t used;

OWN_FRAME void *je_malloc(size_t size)
{
	void *p = pool + used;

	used += (size + 15) & ~15ul;
	return p;
}

OWN_FRAME void je_free(void *p)
{
	*(volatile char *)p = 0;
}

/* The mapping of the program's code. */
static void find_code(uintptr_t *start, uintptr_t *end)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[4096];

	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx", start, end) == 2 && (uintptr_t)je_malloc >= *start &&
		    (uintptr_t)je_malloc < *end)
			break;
	}
	fclose(maps);
}

OWN_FRAME static void move_code(void)
{
	uintptr_t start = 0, end = 0;
	void *copy;

	find_code(&start, &end);
	copy = mmap(NULL, end - start, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (copy == MAP_FAILED)
		_exit(1);
	memcpy(copy, (void *)start, end - start);
	mprotect(copy, end - start, PROT_READ | PROT_EXEC);
	if (mremap(copy, end - start, end - start, MREMAP_MAYMOVE | MREMAP_FIXED, start) == MAP_FAILED)
		_exit(1);
}

int main(void)
{
	struct truth t = { 100, 1, 100, 1, 0 };

	move_code();
	protocol_announce();
	protocol_await();
	protocol_truth_begin();
	je_free(je_malloc(100));
	protocol_truth("main", &t);
	protocol_truth_end();
	protocol_await();
	return 0;
}
