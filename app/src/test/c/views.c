/*
 * Blocks that differ in when they come and go. Each step begins when the test says so, and ends with the truth of what
 * is live then. What the filters and views of memstacks show of them follows from the numbers here.
 *
 *   step 1: first_keeps, given_back and moved allocate, temporary ones come and go, a secret and a mapping are kept
 *   step 2: given_back's blocks are freed, moved's are resized, second_keeps allocates
 */
#include <sys/mman.h>

#include "protocol.h"

#define FIRST   100
#define GIVEN   2000
#define MOVED   20
#define SECOND  30
#define SECRETS 8
#define BIG     (4 << 20)

#define OWN_FRAME __attribute__((noinline))

static void *given[GIVEN], *moved[MOVED];
static void *volatile sink;

OWN_FRAME void *first_keeps(size_t size)
{
	return sink = malloc(size);
}

OWN_FRAME void *given_back(size_t size)
{
	return sink = malloc(size);
}

OWN_FRAME void *moves(size_t size)
{
	return sink = malloc(size);
}

OWN_FRAME void *is_moved(void *old, size_t size)
{
	return sink = realloc(old, size);
}

OWN_FRAME void *second_keeps(size_t size)
{
	return sink = malloc(size);
}

OWN_FRAME void *temporarily(size_t size)
{
	return sink = malloc(size);
}

OWN_FRAME void *first_of_two(size_t size)
{
	return sink = malloc(size);
}

OWN_FRAME void *keeps_a_secret(const char *text)
{
	char *block = malloc(48);

	memset(block, 0, 48);
	memcpy(block, text, strlen(text));
	return sink = block;
}

/* Its memory goes while the allocator believes it is there. */
OWN_FRAME void *loses_its_memory(size_t size)
{
	char *block = malloc(size);
	size_t page = 4096;

	munmap((char *)((size_t)block & -page), size);
	return sink = block;
}

static void step_one(void)
{
	for (int i = 0; i < FIRST; i++)
		first_keeps(100);
	for (int i = 0; i < GIVEN; i++)
		given[i] = given_back(1000);
	for (int i = 0; i < MOVED; i++)
		moved[i] = moves(5000);
	for (int i = 0; i < 1000; i++)
		free(temporarily(64));
	for (int i = 0; i < 10; i++) {
		void *first = first_of_two(32), *second = temporarily(32);

		free(first);
		free(second);
	}
	for (int i = 0; i < SECRETS; i++)
		keeps_a_secret("user=mallory token=12345");
	loses_its_memory(BIG);
}

static void step_two(void)
{
	for (int i = 0; i < GIVEN; i++)
		free(given[i]);
	for (int i = 0; i < MOVED; i++)
		moved[i] = is_moved(moved[i], 50 + (size_t)i);
	for (int i = 0; i < SECOND; i++)
		second_keeps(200);
}

int main(void)
{
	protocol_announce();
	protocol_await();
	step_one();
	protocol_truth_begin();
	protocol_truth_end();
	protocol_await();
	step_two();
	protocol_truth_begin();
	protocol_truth_end();
	protocol_await();
	return 0;
}
