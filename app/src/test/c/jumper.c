/*
 * A program that leaves the allocator without returning from it: posix_memalign stores its result through a bad
 * pointer, and the signal handler jumps out, a hundred times (a kernel follows at most 64 calls that have
 * not returned). Those blocks exist, but nobody was ever told their addresses: requests that never ended. What
 * happens between and after the jumps must be counted as ever.
 */
#define _GNU_SOURCE
#include <setjmp.h>

#include "protocol.h"

#define JUMPS  100
#define BLOCKS 1000

#define OWN_FRAME __attribute__((noinline))

static sigjmp_buf back;
static void *volatile sink;
static void **volatile nowhere = (void **)64;

static void jump_out(int signal)
{
	(void)signal;
	siglongjmp(back, 1);
}

OWN_FRAME void allocate_to_nowhere(size_t size)
{
	sink = NULL;
	if (posix_memalign(nowhere, 64, size) == 0)
		_exit(1);
	sink = NULL;
}

OWN_FRAME void *allocate_between_jumps(size_t size)
{
	void *p = NULL;

	if (posix_memalign(&p, 64, size) != 0)
		_exit(1);
	sink = p;
	return p;
}

OWN_FRAME void *allocate_after_jumps(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

int main(void)
{
	/* all_*: what was asked for; a result there never was. */
	const struct truth lost = { 0, 0, 1000L * JUMPS, JUMPS, 0 };
	const struct truth between = { 128L * JUMPS, JUMPS, 128L * JUMPS, JUMPS, 0 };
	const struct truth after = { 40L * BLOCKS, BLOCKS, 40L * BLOCKS, BLOCKS, 0 };
	struct sigaction action = { .sa_handler = jump_out };

	protocol_announce();
	sigaction(SIGSEGV, &action, NULL);
	protocol_await();
	for (volatile int i = 0; i < JUMPS; i++) {
		if (sigsetjmp(back, 1) == 0)
			allocate_to_nowhere(1000);
		allocate_between_jumps(128);
	}
	for (int i = 0; i < BLOCKS; i++)
		allocate_after_jumps(40);
	protocol_truth_begin();
	protocol_truth("allocate_to_nowhere", &lost);
	protocol_truth("allocate_between_jumps", &between);
	protocol_truth("allocate_after_jumps", &after);
	protocol_truth_end();
	protocol_await();
	return 0;
}
