/*
 * A program of many different stacks: at each level of a recursion one of two functions goes on, by a bit of the
 * path's number, and some more calls make it deep. At the end of each path blocks are kept.
 *
 *   brancher BITS DEEPER BLOCKS    2^BITS paths of about BITS * (DEEPER + 1) frames, each with so many blocks
 */
#include "protocol.h"

#define OWN_FRAME __attribute__((noinline))
#define BLOCK     64

static void *volatile sink;
static int deeper;
static long blocks;

static void left(int bits, unsigned int path, int more);
static void right(int bits, unsigned int path, int more);

OWN_FRAME void *brancher_keeps(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

static void branch(int bits, unsigned int path)
{
	if (bits == 0)
		for (long i = 0; i < blocks; i++)
			brancher_keeps(BLOCK);
	else
		(path & 1 ? right : left)(bits - 1, path >> 1, deeper);
}

OWN_FRAME static void left(int bits, unsigned int path, int more)
{
	if (more)
		left(bits, path, more - 1);
	else
		branch(bits, path);
	__asm__ volatile("");
}

OWN_FRAME static void right(int bits, unsigned int path, int more)
{
	if (more)
		right(bits, path, more - 1);
	else
		branch(bits, path);
	__asm__ volatile("nop");
}

int main(int argc, char **argv)
{
	long long paths;

	if (argc != 4)
		return 2;
	int bits = atoi(argv[1]);

	deeper = atoi(argv[2]);
	blocks = atol(argv[3]);
	paths = 1LL << bits;
	protocol_announce();
	protocol_await();
	for (unsigned int path = 0; path < paths; path++)
		branch(bits, path);
	const struct truth keeps = { BLOCK * blocks * paths, blocks * paths, BLOCK * blocks * paths, blocks * paths,
				     0 };

	protocol_truth_begin();
	protocol_truth("brancher_keeps", &keeps);
	protocol_truth_end();
	protocol_await();
	return 0;
}
