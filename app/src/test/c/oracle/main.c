/* The oracle's books: see oracle.h, and protocol.h for how it speaks. Between "end"s it writes
 *   takes START END        where take() lies, hexadecimal
 *   stack SIZE ADDRESS...  what backtrace() said, innermost first
 */
#define _GNU_SOURCE
#include <execinfo.h>

#include "../protocol.h"
#include "oracle.h"

#define MAX_STACKS 4096
#define MAX_DEPTH  200

struct stack {
	size_t size;
	int depth;
	void *address[MAX_DEPTH];
};

void *volatile oracle_sink;

static struct stack stacks[MAX_STACKS];
static int count;
static volatile int by_backtrace;

/* The linker marks the ends of a section that is named like an identifier. */
extern char __start_takes[], __stop_takes[];

__attribute__((noinline, section("takes"))) void *take(size_t size)
{
	struct stack *stack;

	if (!by_backtrace) {
		void *block = malloc(size);

		oracle_sink = block;
		return block;
	}
	stack = &stacks[__atomic_fetch_add(&count, 1, __ATOMIC_RELAXED) % MAX_STACKS];
	stack->size = size;
	stack->depth = backtrace(stack->address, MAX_DEPTH);
	return NULL;
}

static void write_stacks(void)
{
	char line[32 + 20 * MAX_DEPTH];

	if (count > MAX_STACKS)
		_exit(1);
	protocol_write(line, (size_t)sprintf(line, "takes %lx %lx\n", (unsigned long)__start_takes,
					     (unsigned long)__stop_takes));
	for (int i = 0; i < count; i++) {
		int length = sprintf(line, "stack %zu", stacks[i].size);

		for (int j = 0; j < stacks[i].depth; j++)
			length += sprintf(line + length, " %lx", (unsigned long)stacks[i].address[j]);
		line[length++] = '\n';
		protocol_write(line, (size_t)length);
	}
}

int main(void)
{
	void *first[4];

	/* The first backtrace() loads libgcc_s; that is to be over before the window. */
	backtrace(first, 4);
	protocol_announce();
	for (volatile int run = 0; run < 2; run++) {
		protocol_await();
		by_backtrace = run;
		frame_scenarios();
		callback_scenarios();
		signal_scenarios();
		cxx_scenarios();
		if (by_backtrace)
			write_stacks();
		protocol_truth_end();
	}
	protocol_await();
	return 0;
}
