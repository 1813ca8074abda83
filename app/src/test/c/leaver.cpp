// A program with memory functions of its own that are left in every way but a return, or come back only after another
// stack ran. The functions are in C's manner, as in an object that has no C++ in it. A row is named by the function that
// asked; what it asked for without getting a block is not in it.
#include <csetjmp>
#include <cstddef>
#include <initializer_list>
#include <pthread.h>
#include <ucontext.h>

#include "protocol.h"

#define OWN_FRAME  __attribute__((noinline))
#define ROUNDS     1000
#define THREADS    100
#define COROUTINES 4
#define STACK      65536

static char arena[32 << 20];
static size_t used;
static void (*volatile hook)();
static int destroyed;

#define TAKE(name)                                    \
	extern "C" OWN_FRAME void *name(size_t size)  \
	{                                             \
		void *p = arena + used;               \
                                                      \
		used += (size + 15) & ~size_t{ 15 };  \
		if (hook)                             \
			hook();                       \
		return p;                             \
	}

#define GIVE(name)                                       \
	extern "C" OWN_FRAME void name(void *p)          \
	{                                                \
		asm volatile("" : : "r"(p) : "memory");  \
	}

TAKE(my_malloc)
GIVE(my_free)
TAKE(pool_get)
GIVE(pool_put)

typedef void *take(size_t);

static take *volatile taken;

OWN_FRAME static void plainly()
{
	for (int i = 0; i < ROUNDS; i++)
		taken(50);
}

OWN_FRAME static void throwing()
{
	hook = [] { throw 1; };
	for (int i = 0; i < ROUNDS; i++) {
		try {
			taken(33);
		} catch (int) {
		}
	}
	hook = nullptr;
}

static jmp_buf before;

OWN_FRAME static void jumping()
{
	hook = [] { longjmp(before, 1); };
	for (volatile int i = 0; i < ROUNDS; i++) {
		if (!setjmp(before))
			taken(33);
	}
	hook = nullptr;
}

struct outer {
	~outer()
	{
		destroyed++;
	}
};

OWN_FRAME static void *ending(void *)
{
	outer seen;

	taken(33);
	return nullptr;
}

static void threads()
{
	hook = [] { pthread_exit(nullptr); };
	for (int i = 0; i < THREADS; i++) {
		pthread_t thread;

		pthread_create(&thread, nullptr, ending, nullptr);
		pthread_join(thread, nullptr);
	}
	hook = nullptr;
}

static ucontext_t scheduler, contexts[COROUTINES];
static char stacks[COROUTINES][STACK];
static int current;

OWN_FRAME static void coroutine()
{
	for (int i = 0; i < ROUNDS; i++)
		taken(100);
}

/* Each call is left for the others' while it is under way, and they lie above and below. */
static void switching()
{
	for (int i = 0; i < COROUTINES; i++) {
		getcontext(&contexts[i]);
		contexts[i].uc_stack.ss_sp = stacks[i];
		contexts[i].uc_stack.ss_size = STACK;
		contexts[i].uc_link = &scheduler;
		makecontext(&contexts[i], coroutine, 0);
	}
	hook = [] { swapcontext(&contexts[current], &scheduler); };
	/* The last switch into each ends it. */
	for (int i = 0; i < COROUTINES * (ROUNDS + 1); i++) {
		current = (i * 3) % COROUTINES;
		swapcontext(&scheduler, &contexts[current]);
	}
	hook = nullptr;
}

static void row(const char *name, long long blocks, long long size)
{
	truth t = { blocks * size, blocks, blocks * size, blocks, 0 };

	protocol_truth(name, &t);
}

int main()
{
	protocol_announce();
	protocol_await();
	for (take *function : { my_malloc, pool_get }) {
		taken = function;
		plainly();
		throwing();
		jumping();
		threads();
		switching();
	}
	protocol_truth_begin();
	row("plainly()", 2 * ROUNDS, 50);
	row("coroutine()", 2 * COROUTINES * ROUNDS, 100);
	protocol_truth_end();
	protocol_await();
	return destroyed == 2 * THREADS ? 0 : 1;
}
