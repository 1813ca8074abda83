/*
 * A program that replaces itself in its window: allocates, executes itself, allocates again. What the first
 * image allocated is in the all-mode truth, but not unfreed: its address space is gone.
 */
#include "protocol.h"

#define BLOCKS 1000

#define OWN_FRAME __attribute__((noinline))

static void *volatile sink;

OWN_FRAME void *allocate_before_exec(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *allocate_after_exec(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

static void first_image(char **argv)
{
	char *const again[] = { argv[0], "again", NULL };

	protocol_announce();
	protocol_await();
	for (int i = 0; i < BLOCKS; i++)
		allocate_before_exec(100);
	execv("/proc/self/exe", again);
	_exit(1);
}

static void second_image(void)
{
	const struct truth before = { 0, 0, 100L * BLOCKS, BLOCKS, 0 };
	const struct truth after = { 200L * BLOCKS, BLOCKS, 200L * BLOCKS, BLOCKS, 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	protocol_signals = signalfd(-1, &set, SFD_CLOEXEC); /* still blocked: exec keeps the mask */
	for (int i = 0; i < BLOCKS; i++)
		allocate_after_exec(200);
	protocol_truth_begin();
	protocol_truth("allocate_before_exec", &before);
	protocol_truth("allocate_after_exec", &after);
	protocol_truth_end();
	protocol_await();
}

int main(int argc, char **argv)
{
	if (argc > 1)
		second_image();
	else
		first_image(argv);
	return 0;
}
