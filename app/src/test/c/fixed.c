/*
 * An executable of fixed addresses that takes those of malloc and free: the entries of its procedure linkage table are
 * these functions' addresses for every object of the process.
 */
#include "protocol.h"

#define ROUNDS 1000

static void *(*volatile take)(size_t);
static void (*volatile give)(void *);
static void *volatile kept;

int main(void)
{
	struct truth t = {
		.unfreed_bytes = 100, .unfreed_blocks = 1, .all_bytes = 100 * (ROUNDS + 1), .all_events = ROUNDS + 1
	};

	take = malloc;
	give = free;
	protocol_announce();
	protocol_await();
	protocol_truth_begin();
	for (int i = 0; i < ROUNDS; i++)
		give(take(100));
	kept = take(100);
	protocol_truth("main", &t);
	protocol_truth_end();
	protocol_await();
	return 0;
}
