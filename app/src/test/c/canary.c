/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that notices when somebody tampers with it. It calls every allocation function with known values in all
 * callee-saved registers and in the stack words around the call, and checks them, the stack pointer, the result and
 * the memory it got after each call. A return probe in the wrong place overwrites one of these silently.
 *
 *	canary [-w] ITERATIONS [THREADS]
 *
 * With -w it says "pid N" and waits to be let off, as protocol.h says. Exit 0 with one line saying how often it called what, 1 naming what was found corrupted, 2 on wrong usage.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol.h"

#ifndef __x86_64__
#error "the register checks are written for x86-64"
#endif

enum { REGISTERS = 6, GUARDS = 8, MAX_THREADS = 64 };

/* Not every C library has them. */
#pragma weak pvalloc
#pragma weak valloc
#pragma weak memalign
#pragma weak reallocarray
extern void *pvalloc(size_t size);
extern void *valloc(size_t size);
extern void *memalign(size_t alignment, size_t size);
extern void *reallocarray(void *block, size_t count, size_t size);

/* What a call left behind. The assembler below knows the offsets. */
struct outcome {
	uint64_t result;               /* 0 */
	uint64_t sp_before;            /* 8 */
	uint64_t sp_after;             /* 16 */
	uint64_t registers[REGISTERS]; /* 24: rbx rbp r12 r13 r14 r15 */
	uint64_t guards[GUARDS];       /* 72: the words above the return address */
};

void canary_call(void *function, const uint64_t arguments[3], struct outcome *outcome);

/* Register number n (as above) holds 0xca11ee5a5a5a0000 + n, guard n holds 0x57acc0de5a5a0000 + n. */
__asm__(".text\n"
	".globl canary_call\n"
	".type canary_call, @function\n"
	"canary_call:\n"
	"	pushq %rbx\n"
	"	pushq %rbp\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	pushq %rdx\n"
	"	movq %rdi, %rax\n"
	"	movq %rsi, %r11\n"
	"	movq %rdx, %r10\n"
	"	movabsq $0x57acc0de5a5a0008, %rcx\n"
	"	.rept 8\n"
	"	decq %rcx\n"
	"	pushq %rcx\n"
	"	.endr\n"
	"	movabsq $0xca11ee5a5a5a0000, %rbx\n"
	"	leaq 1(%rbx), %rbp\n"
	"	leaq 2(%rbx), %r12\n"
	"	leaq 3(%rbx), %r13\n"
	"	leaq 4(%rbx), %r14\n"
	"	leaq 5(%rbx), %r15\n"
	"	movq %rsp, 8(%r10)\n"
	"	movq 0(%r11), %rdi\n"
	"	movq 8(%r11), %rsi\n"
	"	movq 16(%r11), %rdx\n"
	"	call *%rax\n"
	"	movq 64(%rsp), %r10\n"
	"	movq %rax, 0(%r10)\n"
	"	movq %rsp, 16(%r10)\n"
	"	movq %rbx, 24(%r10)\n"
	"	movq %rbp, 32(%r10)\n"
	"	movq %r12, 40(%r10)\n"
	"	movq %r13, 48(%r10)\n"
	"	movq %r14, 56(%r10)\n"
	"	movq %r15, 64(%r10)\n"
	"	.set guard, 72\n"
	"	.rept 8\n"
	"	popq %rcx\n"
	"	movq %rcx, guard(%r10)\n"
	"	.set guard, guard + 8\n"
	"	.endr\n"
	"	popq %rdx\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbp\n"
	"	popq %rbx\n"
	"	ret\n"
	".size canary_call, . - canary_call\n");

enum function {
	MALLOC,
	CALLOC,
	REALLOC,
	REALLOCARRAY,
	MEMALIGN,
	ALIGNED_ALLOC,
	POSIX_MEMALIGN,
	VALLOC,
	PVALLOC,
	FREE,
	FREE_NULL,
	FUNCTIONS,
};

static const char *const names[FUNCTIONS] = {
	"malloc",         "calloc", "realloc", "reallocarray", "memalign",  "aligned_alloc",
	"posix_memalign", "valloc", "pvalloc", "free",         "free_null",
};

static const char *const register_names[REGISTERS] = { "rbx", "rbp", "r12", "r13", "r14", "r15" };

struct thread {
	long iterations;
	uint64_t calls[FUNCTIONS];
};

/* Without stdio, which allocates. */
static void say(int fd, const char *format, ...)
{
	char line[1024];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (length > 0 && write(fd, line, length) != length)
		_exit(1);
}

#define CORRUPTED(...)                                                 \
	do {                                                           \
		say(STDERR_FILENO, "canary: corrupted: " __VA_ARGS__); \
		_exit(1);                                              \
	} while (0)

static uint64_t call(struct thread *thread, enum function which, void *function, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t arguments[3] = { a, b, c };
	struct outcome outcome = { 0 };

	thread->calls[which]++;
	canary_call(function, arguments, &outcome);
	for (int i = 0; i < REGISTERS; i++)
		if (outcome.registers[i] != 0xca11ee5a5a5a0000u + (uint64_t)i)
			CORRUPTED("%s is %#lx after %s\n", register_names[i], outcome.registers[i], names[which]);
	for (int i = 0; i < GUARDS; i++)
		if (outcome.guards[i] != 0x57acc0de5a5a0000u + (uint64_t)i)
			CORRUPTED("stack word %d is %#lx after %s\n", i, outcome.guards[i], names[which]);
	if (outcome.sp_before != outcome.sp_after)
		CORRUPTED("rsp is %#lx instead of %#lx after %s\n", outcome.sp_after, outcome.sp_before, names[which]);
	return outcome.result;
}

/* Checks that a result is a block of its own, and fills it. */
static unsigned char *block(enum function which, uint64_t result, size_t alignment, size_t size, unsigned char fill)
{
	if (!result || result % alignment)
		CORRUPTED("%s returned %#lx\n", names[which], result);
	return memset((void *)result, fill, size);
}

static void check(enum function which, const unsigned char *memory, size_t size, unsigned char fill)
{
	for (size_t i = 0; i < size; i++)
		if (memory[i] != fill)
			CORRUPTED("byte %zu of the block of %s is %#x, not %#x\n", i, names[which], memory[i], fill);
}

static void release(struct thread *thread, enum function which, void *memory, size_t size, unsigned char fill)
{
	check(which, memory, size, fill);
	call(thread, FREE, free, (uint64_t)memory, 0, 0);
}

/* Whether a function is from the allocator that free() is from: jemalloc in front of glibc has no pvalloc. */
static int ours(void *function)
{
	Dl_info one, other;

	return function && dladdr(function, &one) && dladdr(free, &other) && one.dli_fbase == other.dli_fbase;
}

/* Alignments stay at 128: mimalloc 2.0.9 returns blocks of aligned_alloc(256, 256) that are not aligned. */
static int has_pvalloc, has_valloc, has_memalign, has_reallocarray;

static void once(struct thread *thread, size_t size)
{
	unsigned char *memory;
	void *slot = NULL;
	uint64_t status;

	memory = block(MALLOC, call(thread, MALLOC, malloc, size, 0, 0), 8, size, 1);
	memory = (unsigned char *)call(thread, REALLOC, realloc, (uint64_t)memory, 3 * size, 0);
	check(REALLOC, memory, size, 1);
	release(thread, REALLOC, block(REALLOC, (uint64_t)memory, 8, 3 * size, 2), 3 * size, 2);

	memory = block(REALLOC, call(thread, REALLOC, realloc, 0, size, 0), 8, size, 3);
	release(thread, REALLOC, memory, size, 3);

	memory = (unsigned char *)call(thread, CALLOC, calloc, 3, size, 0);
	check(CALLOC, memory, 3 * size, 0);
	release(thread, CALLOC, block(CALLOC, (uint64_t)memory, 8, 3 * size, 4), 3 * size, 4);
	if (call(thread, CALLOC, calloc, UINT64_MAX / 2, 3, 0))
		CORRUPTED("calloc of too much returned a block\n");

	status = call(thread, POSIX_MEMALIGN, posix_memalign, (uint64_t)&slot, 64, size);
	if ((int)status)
		CORRUPTED("posix_memalign returned %d\n", (int)status);
	release(thread, POSIX_MEMALIGN, block(POSIX_MEMALIGN, (uint64_t)slot, 64, size, 5), size, 5);
	if ((int)call(thread, POSIX_MEMALIGN, posix_memalign, (uint64_t)&slot, 3, size) != EINVAL)
		CORRUPTED("posix_memalign accepted an alignment of 3\n");

	memory = block(ALIGNED_ALLOC, call(thread, ALIGNED_ALLOC, aligned_alloc, 128, 256, 0), 128, 256, 6);
	release(thread, ALIGNED_ALLOC, memory, 256, 6);
	if (has_memalign) {
		memory = block(MEMALIGN, call(thread, MEMALIGN, memalign, 8, size, 0), 8, size, 7);
		release(thread, MEMALIGN, memory, size, 7);
		memory = block(MEMALIGN, call(thread, MEMALIGN, memalign, 128, size, 0), 128, size, 7);
		release(thread, MEMALIGN, memory, size, 7);
	}
	if (has_reallocarray) {
		memory = block(REALLOCARRAY, call(thread, REALLOCARRAY, reallocarray, 0, 5, size), 8, 5 * size, 8);
		release(thread, REALLOCARRAY, memory, 5 * size, 8);
		if (call(thread, REALLOCARRAY, reallocarray, 0, UINT64_MAX / 2, 3))
			CORRUPTED("reallocarray of too much returned a block\n");
	}
	if (has_valloc)
		release(thread, VALLOC, block(VALLOC, call(thread, VALLOC, valloc, size, 0, 0), 4096, size, 9), size,
			9);
	if (has_pvalloc)
		release(thread, PVALLOC, block(PVALLOC, call(thread, PVALLOC, pvalloc, size, 0, 0), 4096, size, 10),
			size, 10);
	call(thread, FREE_NULL, free, 0, 0, 0);
}

static void *run(void *argument)
{
	struct thread *thread = argument;

	for (long i = 0; i < thread->iterations; i++)
		once(thread, 1 + i * 61 % 5000);
	return NULL;
}

static long number(const char *text, long most)
{
	char *end;
	long value = strtol(text, &end, 10);

	return *text && !*end && value > 0 && value <= most ? value : -1;
}

int main(int argc, char **argv)
{
	static struct thread threads[MAX_THREADS];
	static pthread_t ids[MAX_THREADS];
	static char line[1024];
	int wait = argc > 1 && strcmp(argv[1], "-w") == 0;

	argv += wait;
	argc -= wait;

	long iterations = argc > 1 ? number(argv[1], 1L << 40) : -1;
	long count = argc > 2 ? number(argv[2], MAX_THREADS) : 2;
	int length;

	if (argc > 3 || iterations < 0 || count < 0) {
		say(STDERR_FILENO, "usage: canary [-w] ITERATIONS [THREADS, 1 to %d]\n", MAX_THREADS);
		return 2;
	}
	has_pvalloc = ours(pvalloc);
	has_valloc = ours(valloc);
	has_memalign = ours(memalign);
	has_reallocarray = ours(reallocarray);
	if (wait) {
		protocol_announce();
		protocol_await();
	}
	for (long i = 0; i < count; i++) {
		threads[i].iterations = iterations;
		if (pthread_create(&ids[i], NULL, run, &threads[i])) {
			say(STDERR_FILENO, "canary: cannot start thread %ld\n", i);
			return 2;
		}
	}
	length = snprintf(line, sizeof(line), "canary sound: threads=%ld iterations=%ld", count, iterations);
	for (long i = 0; i < count; i++)
		pthread_join(ids[i], NULL);
	for (int f = 0; f < FUNCTIONS; f++) {
		uint64_t calls = 0;

		for (long i = 0; i < count; i++)
			calls += threads[i].calls[f];
		length += snprintf(line + length, sizeof(line) - length, " %s=%lu", names[f], calls);
	}
	say(STDOUT_FILENO, "%s\n", line);
	return 0;
}
