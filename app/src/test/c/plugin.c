/* A plugin for reloader.c, whose functions are named after WHICH. With OWN it has a malloc. */
#include <stdlib.h>

#define JOINED(a, b) a##b
#define NAMED(a, b)  JOINED(a, b)
#define WORK         NAMED(work_of_, WHICH)

#if defined(OWN)
static char heap[1 << 16];
static size_t used;

void *malloc(size_t size)
{
	used += size;
	return heap + used - size;
}
#endif

static void *volatile sink;

__attribute__((noinline)) void WORK(size_t size)
{
	sink = malloc(size);
	sink = NULL;
}

void plugin_work(int count, size_t size)
{
	for (int i = 0; i < count; i++)
		WORK(size);
	sink = NULL;
}
