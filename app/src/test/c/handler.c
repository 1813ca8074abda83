/*
 * A program whose signal handlers allocate: one that interrupts it anywhere outside the allocator, and one that
 * interrupts posix_memalign itself, at the store of its result, which the handler makes possible before it returns.
 * So the handler's calls lie between the entry and the return of another.
 */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "protocol.h"

#define ROUNDS 200
#define PAGE   4096L

#define OWN_FRAME __attribute__((noinline))

static void *volatile sink;
static void **pages;
static volatile int faults, alarms;

OWN_FRAME void *handler_keeps(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void handler_frees(size_t size)
{
	void *p = malloc(size);

	sink = p;
	free(p);
}

OWN_FRAME void *handler_resizes(size_t size)
{
	void *p = realloc(handler_keeps(8), size);

	sink = p;
	return p;
}

OWN_FRAME void interrupted_keeps(void **where, size_t size)
{
	if (posix_memalign(where, 64, size) != 0)
		_exit(1);
	sink = *where;
}

OWN_FRAME void *between_keeps(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

static void allocate(void)
{
	handler_keeps(24);
	handler_frees(100);
	handler_resizes(72);
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	faults++;
	allocate();
	if (mprotect((void *)((long)info->si_addr & -PAGE), PAGE, PROT_READ | PROT_WRITE) != 0)
		_exit(1);
}

static void on_signal(int signal)
{
	(void)signal;
	alarms++;
	allocate();
}

int main(void)
{
	const long handled = 2L * ROUNDS;
	/* handler_keeps(8) becomes handler_resizes(72): resized in the window, it is that one's. */
	const struct truth keeps = { 24 * handled, handled, 32 * handled, 2 * handled, 0 };
	const struct truth frees = { 0, 0, 100 * handled, handled, 0 };
	const struct truth resizes = { 72 * handled, handled, 72 * handled, handled, 0 };
	const struct truth interrupted = { 320L * ROUNDS, ROUNDS, 320L * ROUNDS, ROUNDS, 0 };
	const struct truth between = { 40L * ROUNDS, ROUNDS, 40L * ROUNDS, ROUNDS, 0 };
	struct sigaction fault = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	struct sigaction other = { .sa_handler = on_signal };

	protocol_announce();
	sigaction(SIGSEGV, &fault, NULL);
	sigaction(SIGUSR2, &other, NULL);
	pages = mmap(NULL, ROUNDS * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		return 1;
	protocol_await();
	for (int i = 0; i < ROUNDS; i++) {
		interrupted_keeps((void **)((char *)pages + i * PAGE), 320);
		raise(SIGUSR2);
		between_keeps(40);
	}
	if (faults != ROUNDS || alarms != ROUNDS)
		return 1;
	protocol_truth_begin();
	protocol_truth("handler_keeps", &keeps);
	protocol_truth("handler_frees", &frees);
	protocol_truth("handler_resizes", &resizes);
	protocol_truth("interrupted_keeps", &interrupted);
	protocol_truth("between_keeps", &between);
	protocol_truth_end();
	protocol_await();
	return 0;
}
