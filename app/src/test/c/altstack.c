/*
 * A thread that allocates and maps, and a timer's signal handler that does so as well, on a stack of its own that lies
 * above the thread's. The allocator is the program's and safe in handlers. A row is named by the function that allocates.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "protocol.h"

#define OWN_FRAME    __attribute__((noinline))
#define ROUNDS       20000
#define WORKER_SIZE  48
#define HANDLER_SIZE 1000
#define STACK        (512 << 10)
#define PERIOD_NANOS 500000

static char arena[256 << 20];
static size_t used;
static long handled;
static char *upper;

OWN_FRAME void *malloc(size_t size)
{
	size_t at = __atomic_fetch_add(&used, ((size + 15) & ~(size_t)15) + 16, __ATOMIC_SEQ_CST);

	*(size_t *)(arena + at) = size;
	for (volatile int i = 0; i < 200; i++)
		;
	return arena + at + 16;
}

OWN_FRAME void free(void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

OWN_FRAME void *calloc(size_t count, size_t size)
{
	size_t at = __atomic_fetch_add(&used, ((count * size + 15) & ~(size_t)15) + 16, __ATOMIC_SEQ_CST);

	*(size_t *)(arena + at) = count * size;
	return arena + at + 16;
}

OWN_FRAME void *realloc(void *old, size_t size)
{
	size_t at = __atomic_fetch_add(&used, ((size + 15) & ~(size_t)15) + 16, __ATOMIC_SEQ_CST);
	size_t had = old ? *(size_t *)((char *)old - 16) : 0;

	*(size_t *)(arena + at) = size;
	return memcpy(arena + at + 16, old, had < size ? had : size);
}

OWN_FRAME static void map_and_unmap(void)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(page, 4096);
}

OWN_FRAME static void handler(int signal)
{
	void *volatile block = malloc(HANDLER_SIZE);

	(void)block;
	(void)signal;
	map_and_unmap();
	handled++;
}

OWN_FRAME static void *worker(void *unused)
{
	stack_t stack = { .ss_sp = upper, .ss_size = STACK };
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK | SA_RESTART };
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR2 };
	struct itimerspec often = { { 0, PERIOD_NANOS }, { 0, PERIOD_NANOS } }, never = { 0 };
	timer_t timer;

	event._sigev_un._tid = (int)syscall(SYS_gettid);
	if (sigaltstack(&stack, NULL) || sigaction(SIGUSR2, &action, NULL) ||
	    syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer))
		_exit(1);
	syscall(SYS_timer_settime, timer, 0, &often, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		void *volatile block = malloc(WORKER_SIZE);

		(void)block;
		map_and_unmap();
	}
	syscall(SYS_timer_settime, timer, 0, &never, NULL);
	usleep(2000);
	return unused;
}

static void row(const char *name, long long blocks, long long size)
{
	struct truth t = { blocks * size, blocks, blocks * size, blocks, 0 };

	protocol_truth(name, &t);
}

int main(void)
{
	char *memory = mmap(NULL, 4 * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_attr_t attributes;
	pthread_t thread;

	upper = memory + 2 * STACK;
	pthread_attr_init(&attributes);
	protocol_announce();
	protocol_await();
	if (pthread_attr_setstack(&attributes, memory, STACK) || pthread_create(&thread, &attributes, worker, NULL))
		return 1;
	pthread_join(thread, NULL);
	protocol_truth_begin();
	row("worker", ROUNDS, WORKER_SIZE);
	row("handler", handled, HANDLER_SIZE);
	protocol_truth_end();
	protocol_await();
	return 0;
}
