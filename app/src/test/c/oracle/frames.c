/* Shapes of frames. */
#define _GNU_SOURCE
#include <alloca.h>
#include <setjmp.h>
#include <stdarg.h>
#include <ucontext.h>

#include "oracle.h"

OWN static void chain_end(long a, long b, long c, long d, long e, long f, long g, long h)
{
	oracle_sink = take((size_t)(1000 + a + b + c + d + e + f + g + h));
}

OWN static void chain_middle(long n)
{
	chain_end(n, 1, 2, 3, 4, 5, 6, 7);
	oracle_sink = NULL;
}

OWN static void chain(void)
{
	chain_middle(1);
	chain_middle(2);
	oracle_sink = NULL;
}

OWN static void variadic(int count, ...)
{
	va_list list;
	size_t size = 1100;

	va_start(list, count);
	for (int i = 0; i < count; i++)
		size += (size_t)(va_arg(list, double) + va_arg(list, long));
	va_end(list);
	oracle_sink = take(size);
}

OWN static void big_frame(int depth)
{
	volatile char buffer[70000];

	buffer[0] = buffer[sizeof(buffer) - 1] = 1;
	if (depth)
		big_frame(depth - 1);
	oracle_sink = take((size_t)(1200 + depth + buffer[0]));
}

OWN static void bigger_frame(void)
{
	volatile char buffer[200 << 10];

	buffer[0] = buffer[sizeof(buffer) - 1] = 1;
	big_frame(2);
	oracle_sink = take((size_t)(1210 + buffer[0]));
}

OWN static void with_alloca(size_t size)
{
	volatile char *buffer = alloca(size);

	buffer[0] = buffer[size - 1] = 1;
	if (size > 100)
		with_alloca(size / 10);
	oracle_sink = take((size_t)(1300 + buffer[0]));
}

OWN static void with_array(long n)
{
	volatile long array[n];

	for (long i = 0; i < n; i++)
		array[i] = i;
	oracle_sink = take((size_t)(1400 + array[n - 1]));
}

OWN static void realigned(long depth)
{
	volatile char block[64] __attribute__((aligned(64)));

	block[0] = 1;
	if (depth)
		realigned(depth - 1);
	oracle_sink = take((size_t)(1500 + depth + block[0]));
}

/* With arguments on the stack and an array of its own size, the old stack pointer is kept in the frame. */
OWN static void realigned_array(long a, long b, long c, long d, long e, long f, long g, long n)
{
	volatile char block[64] __attribute__((aligned(64)));
	volatile char array[n];

	block[0] = array[n - 1] = 1;
	realigned(1);
	oracle_sink = take((size_t)(1510 + a + b + c + d + e + f + g + block[0] + array[n - 1]));
}

__attribute__((noinline, force_align_arg_pointer)) static void realigned_by_attribute(void)
{
	realigned(0);
	oracle_sink = take(1520);
}

OWN static void recurse(int depth)
{
	if (depth)
		recurse(depth - 1);
	else
		oracle_sink = take(1600);
	oracle_sink = NULL;
}

OWN static void even(int n);

OWN static void odd(int n)
{
	volatile char some[40];

	some[0] = (char)n;
	even(n - 1);
	oracle_sink = (void *)(size_t)some[0];
}

OWN static void even(int n)
{
	if (n)
		odd(n - 1);
	else
		oracle_sink = take(1610);
	oracle_sink = NULL;
}

/* Jumps, where the compiler optimizes: these leave no frame. */
OWN void *tail_inner(size_t size)
{
	return take(size + 1);
}

OWN void *tail_middle(size_t size)
{
	return tail_inner(size + 1);
}

OWN void *tail_outer(size_t size)
{
	return tail_middle(size + 1);
}

OWN static void tail_calls(void)
{
	oracle_sink = tail_outer(1700);
	oracle_sink = tail_middle(1710);
}

static jmp_buf back;

/* Its callers end with the call: their return addresses lie behind their last byte. */
OWN __attribute__((noreturn)) static void take_and_leave(size_t size)
{
	oracle_sink = take(size);
	longjmp(back, 1);
}

OWN __attribute__((noreturn)) static void never_returns(size_t size)
{
	volatile char some[200];

	some[0] = 1;
	take_and_leave(size + (size_t)some[0]);
}

OWN static void left_by_jump(void)
{
	if (!setjmp(back))
		never_returns(1800);
	oracle_sink = take(1810);
}

static ucontext_t outside, inside;
static char coroutine_stack[1 << 16];

OWN static void coroutine(void)
{
	oracle_sink = take(1900);
	swapcontext(&inside, &outside);
	recurse(3);
	oracle_sink = take(1910);
}

OWN static void coroutines(void)
{
	getcontext(&inside);
	inside.uc_stack.ss_sp = coroutine_stack;
	inside.uc_stack.ss_size = sizeof(coroutine_stack);
	inside.uc_link = &outside;
	makecontext(&inside, coroutine, 0);
	swapcontext(&outside, &inside);
	oracle_sink = take(1920);
	swapcontext(&outside, &inside);
}

/* Calls a function on another stack, as Rust's stacker does. */
void on_stack(void (*function)(void), char *top);
__asm__(".text\n"
	".type on_stack, @function\n"
	"on_stack:\n"
	"	.cfi_startproc\n"
	"	push %rbp\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.cfi_offset %rbp, -16\n"
	"	mov %rsp, %rbp\n"
	"	.cfi_def_cfa_register %rbp\n"
	"	mov %rsi, %rsp\n"
	"	call *%rdi\n"
	"	leave\n"
	"	.cfi_def_cfa %rsp, 8\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size on_stack, . - on_stack\n");

#define OTHER_STACK (1 << 16)
static _Alignas(16) char other_stacks[8 * OTHER_STACK];
static int stacks_used;

/* The first of them lies lower than its caller's, the others higher: their callers are found below. */
OWN static void on_other_stacks(void)
{
	recurse(2);
	oracle_sink = take(1950 + (size_t)stacks_used);
	if (stacks_used < 8) {
		stacks_used++;
		on_stack(on_other_stacks, other_stacks + stacks_used * OTHER_STACK);
		stacks_used--;
	}
	oracle_sink = take(1960 + (size_t)stacks_used);
}

void frame_scenarios(void)
{
	chain();
	variadic(3, 1.0, 2L, 3.0, 4L, 5.0, 6L);
	bigger_frame();
	with_alloca(100);
	with_alloca(70000);
	with_array(10);
	with_array(3000);
	realigned(3);
	realigned_array(1, 2, 3, 4, 5, 6, 7, 100);
	realigned_by_attribute();
	recurse(100);
	even(60);
	tail_calls();
	left_by_jump();
	coroutines();
	on_other_stacks();
	oracle_sink = take(1999);
}
