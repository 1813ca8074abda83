/* A program that frees nothing: linked statically it has no function that could. */
#include <sys/mman.h>

#include "protocol.h"

#define OWN_FRAME __attribute__((noinline))
#define BLOCKS    1000

static void *volatile sink;

OWN_FRAME void keep(size_t size)
{
	sink = malloc(size);
}

/* What is in it nobody may read. */
OWN_FRAME void hide(size_t size)
{
	char *block = malloc(size);
	size_t page = 4096;

	memcpy(block, "hidden from all", 16);
	if (mprotect((char *)((size_t)block & -page), page, PROT_NONE))
		_exit(1);
	sink = block;
}

int main(void)
{
	struct truth kept = { 0 }, hidden = { 1 << 20, 1, 0, 0, 0 };

	protocol_announce();
	protocol_await();
	for (int i = 1; i <= BLOCKS; i++) {
		keep((size_t)i);
		kept.unfreed_bytes += i;
		kept.unfreed_blocks++;
	}
	hide(1 << 20);
	protocol_truth_begin();
	protocol_truth("keep", &kept);
	protocol_truth("hide", &hidden);
	protocol_truth_end();
	protocol_await();
	return 0;
}
