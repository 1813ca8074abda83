/*
 * A program that is succeeded by another one in its window: it allocates, frees some, and executes itself as the
 * successor, which says "ready", waits for a second byte, and allocates by functions of its own. With an argument the
 * successor's allocator is another one: it is preloaded.
 *
 * What the first one kept is in the truth as what went with its memory: not unfreed.
 */
#include "protocol.h"

#define KEPT  750
#define FREED 250
#define LATER 1000

#define OWN_FRAME __attribute__((noinline))

static void *volatile sink;

OWN_FRAME void *first_keeps(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *first_frees(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *successor_keeps(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *successor_frees(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

static void first(char *preload)
{
	char *const again[] = { "successor", "-", NULL };
	char variable[4096];
	char *environment[] = { NULL, NULL };

	protocol_announce();
	protocol_await();
	for (int i = 0; i < FREED; i++)
		free(first_frees(100));
	for (int i = 0; i < KEPT; i++)
		first_keeps(100);
	if (preload) {
		snprintf(variable, sizeof(variable), "LD_PRELOAD=%s", preload);
		environment[0] = variable;
	}
	execve("/proc/self/exe", again, environment);
	_exit(1);
}

static void successor(void)
{
	const struct truth gone = { 0, 0, 100L * KEPT, KEPT, 0 };
	const struct truth freed_before = { 0, 0, 100L * FREED, FREED, 0 };
	const struct truth kept = { 40L * LATER, LATER, 40L * LATER, LATER, 0 };
	const struct truth freed = { 0, 0, 48L * LATER, LATER, 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	protocol_signals = signalfd(-1, &set, SFD_CLOEXEC); /* still blocked: exec keeps the mask */
	protocol_write("ready\n", 6);
	protocol_await();
	for (int i = 0; i < LATER; i++) {
		successor_keeps(40);
		free(successor_frees(48));
	}
	protocol_truth_begin();
	protocol_truth("first_keeps", &gone);
	protocol_truth("first_frees", &freed_before);
	protocol_truth("successor_keeps", &kept);
	protocol_truth("successor_frees", &freed);
	protocol_truth_end();
	protocol_await();
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "-"))
		successor();
	else
		first(argc > 1 ? argv[1] : NULL);
	return 0;
}
