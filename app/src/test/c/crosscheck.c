/*
 * A second opinion on groundtruth.c's books, linked around it with ld's --wrap: every call of the allocator
 * that groundtruth.c makes passes here, is attributed by its return address, as a tracer would, and kept in
 * one table of live blocks by address. Shares no bookkeeping with groundtruth.c. Prints a second truth, which
 * must be the same, line by line.
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "leaves.h"
#include "protocol.h"

#define SLOTS (1u << 20) /* far more than blocks are ever live */

#define LEAF(name) extern void name(void);
LEAVES(LEAF)
#undef LEAF

static const struct {
	const char *name;
	void (*start)(void);
} functions[] = {
#define LEAF(name) { #name, name },
	LEAVES(LEAF)
#undef LEAF
};

#define FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

struct live {
	uintptr_t address; /* 0: free, 1: was used */
	size_t size;
	unsigned function;
};

static struct live table[SLOTS];
static struct truth books[FUNCTIONS];
static atomic_flag lock = ATOMIC_FLAG_INIT;
static bool counting;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
int __real_posix_memalign(void **out, size_t alignment, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__real_memalign(size_t alignment, size_t size);
void *__real_valloc(size_t size);
void *__real_pvalloc(size_t size);
void __real_free(void *old);

static void enter(void)
{
	while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire))
		;
}

static void leave(void)
{
	atomic_flag_clear_explicit(&lock, memory_order_release);
}

/* The leaf whose code the return address lies in: the last one that starts before it. */
static unsigned caller(void *return_address)
{
	unsigned best = FUNCTIONS;

	for (unsigned i = 0; i < FUNCTIONS; i++) {
		if ((uintptr_t)functions[i].start < (uintptr_t)return_address &&
		    (best == FUNCTIONS || functions[i].start > functions[best].start))
			best = i;
	}
	if (best == FUNCTIONS)
		_exit(1);
	return best;
}

static unsigned start(uintptr_t address)
{
	return (unsigned)((address * 0x9e3779b97f4a7c15u) >> 44);
}

static bool take(void *address, struct live *taken)
{
	for (unsigned i = start((uintptr_t)address);; i = (i + 1) % SLOTS) {
		if (table[i].address == 0)
			return false;
		if (table[i].address == (uintptr_t)address) {
			*taken = table[i];
			table[i].address = 1;
			books[taken->function].unfreed_bytes -= (long long)taken->size;
			books[taken->function].unfreed_blocks--;
			return true;
		}
	}
}

static void put(void *address, size_t size, unsigned function)
{
	unsigned i = start((uintptr_t)address);

	while (table[i].address > 1)
		i = (i + 1) % SLOTS;
	table[i] = (struct live){ (uintptr_t)address, size, function };
	books[function].unfreed_bytes += (long long)size;
	books[function].unfreed_blocks++;
}

static void *got(void *address, size_t size, void *return_address)
{
	unsigned function;

	if (!counting)
		return address;
	function = caller(return_address);
	enter();
	if (address) {
		put(address, size, function);
		books[function].all_bytes += (long long)size;
		books[function].all_events++;
	} else {
		books[function].failed_events++;
	}
	leave();
	return address;
}

static bool gone(void *address, struct live *taken)
{
	bool known = false;

	if (counting && address) {
		enter();
		known = take(address, taken);
		leave();
	}
	return known;
}

static void *resized(void *address, size_t size, void *return_address, void *old, bool known, const struct live *taken)
{
	if (!address && old && size == 0)
		return address; /* freed, as asked */
	if (!address && known) {
		enter();
		put(old, taken->size, taken->function);
		leave();
	}
	return got(address, size, return_address);
}

void *__wrap_malloc(size_t size)
{
	return got(__real_malloc(size), size, __builtin_return_address(0));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return got(__real_calloc(count, size), count * size, __builtin_return_address(0));
}

void *__wrap_realloc(void *old, size_t size)
{
	struct live taken;
	bool known = gone(old, &taken);

	return resized(__real_realloc(old, size), size, __builtin_return_address(0), old, known, &taken);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	struct live taken;
	bool known = gone(old, &taken);

	return resized(__real_reallocarray(old, count, size), count * size, __builtin_return_address(0), old, known,
		       &taken);
}

int __wrap_posix_memalign(void **out, size_t alignment, size_t size)
{
	int error = __real_posix_memalign(out, alignment, size);

	got(error ? NULL : *out, size, __builtin_return_address(0));
	return error;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return got(__real_aligned_alloc(alignment, size), size, __builtin_return_address(0));
}

void *__wrap_memalign(size_t alignment, size_t size)
{
	return got(__real_memalign(alignment, size), size, __builtin_return_address(0));
}

void *__wrap_valloc(size_t size)
{
	return got(__real_valloc(size), size, __builtin_return_address(0));
}

void *__wrap_pvalloc(size_t size)
{
	return got(__real_pvalloc(size), size, __builtin_return_address(0));
}

void __wrap_free(void *old)
{
	struct live taken;

	gone(old, &taken);
	__real_free(old);
}

void cross_check_begin(void)
{
	counting = true;
}

void cross_check_print(void)
{
	counting = false;
	protocol_truth_begin();
	for (unsigned i = 0; i < FUNCTIONS; i++)
		protocol_truth(functions[i].name, &books[i]);
	protocol_truth_end();
}
