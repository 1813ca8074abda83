/*
 * A program that knows the truth about itself: threads that allocate in every way libc offers, free each
 * other's blocks, fail on purpose, and count per calling function what is live and what was ever asked for.
 *
 *   groundtruth [-t THREADS] [-n OPERATIONS] [-s SEED] [-P (no pvalloc)]
 *
 * See protocol.h for the conversation. Between begin and end nothing allocates outside the leaves: threads
 * exist beforehand, all bookkeeping is in static arrays. Blocks allocated before the window are freed,
 * resized and kept within it; they belong to no function, as no tracer can have seen them come.
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "leaves.h"
#include "protocol.h"

#define MAX_THREADS   64
#define BUFFERS       64    /* per thread: what its realloc storm works on */
#define MAX_KEPT      32768 /* per thread: what it never frees */
#define POOL          4096  /* blocks on their way from thread to thread */
#define BEFORE_WINDOW 1024  /* blocks from before the window */

/* Each function keeps its own frame and name. */
#define OWN_FRAME __attribute__((noinline))

enum leaf {
#define LEAF(name) LEAF_##name,
	LEAVES(LEAF)
#undef LEAF
		LEAF_COUNT,
	LEAF_NONE = LEAF_COUNT,
};

static const char *const leaf_names[] = {
#define LEAF(name) #name,
	LEAVES(LEAF)
#undef LEAF
};

struct block {
	void *address; /* NULL: none */
	size_t size;
	enum leaf leaf; /* who allocated it last */
	int thread;     /* on which thread */
};

struct slot {
	atomic_flag taken;
	struct block block;
};

struct worker {
	uint64_t random;
	struct truth truth[LEAF_COUNT]; /* this thread's share; unfreed may be negative, the sum is not */
	struct block buffers[BUFFERS];
	struct block kept[MAX_KEPT];
	int kept_count;
	long long frees, null_frees, foreign_frees, moved, in_place;
} __attribute__((aligned(64)));

static struct worker workers[MAX_THREADS];
static struct slot pool[POOL];
static pthread_barrier_t begin, end, leave;
static int threads = 8;
static long operations = 640000; /* of all threads together; about a million calls of the allocator */
static uint64_t seed = 1;

/* Keeps the compiler from knowing what a value is or that a block is never used. */
static void *volatile sink;
static volatile size_t impossible_sizes[] = { (size_t)1 << 47, (size_t)1 << 62, SIZE_MAX / 2, SIZE_MAX };

/* ---- the leaves ---- */

OWN_FRAME void *malloc_request(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *malloc_session(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *malloc_zero(void)
{
	void *p = malloc(0);

	sink = p;
	return p;
}

OWN_FRAME void *malloc_large(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *malloc_impossible(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *malloc_recursive(size_t size, int depth)
{
	void *p = depth > 0 ? malloc_recursive(size, depth - 1) : malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *calloc_matrix(size_t count, size_t size)
{
	void *p = calloc(count, size);

	sink = p;
	return p;
}

OWN_FRAME void *calloc_large(size_t count, size_t size)
{
	void *p = calloc(count, size);

	sink = p;
	return p;
}

OWN_FRAME void *calloc_overflow(size_t count, size_t size)
{
	void *p = calloc(count, size);

	sink = p;
	return p;
}

OWN_FRAME void *realloc_from_null(size_t size)
{
	void *p = realloc(NULL, size);

	sink = p;
	return p;
}

OWN_FRAME void *realloc_grow(void *old, size_t size)
{
	void *p = realloc(old, size);

	sink = p;
	return p;
}

OWN_FRAME void *realloc_shrink(void *old, size_t size)
{
	void *p = realloc(old, size);

	sink = p;
	return p;
}

OWN_FRAME void *realloc_in_place(void *old, size_t size)
{
	void *p = realloc(old, size);

	sink = p;
	return p;
}

OWN_FRAME void *realloc_large(void *old, size_t size)
{
	void *p = realloc(old, size);

	sink = p;
	return p;
}

OWN_FRAME void *realloc_impossible(void *old, size_t size)
{
	void *p = realloc(old, size);

	sink = p;
	return p;
}

OWN_FRAME void *realloc_to_zero(void *old)
{
	void *p = realloc(old, 0);

	sink = p;
	return p;
}

OWN_FRAME void *reallocarray_from_null(size_t count, size_t size)
{
	void *p = reallocarray(NULL, count, size);

	sink = p;
	return p;
}

OWN_FRAME void *reallocarray_resize(void *old, size_t count, size_t size)
{
	void *p = reallocarray(old, count, size);

	sink = p;
	return p;
}

OWN_FRAME void *reallocarray_overflow(void *old, size_t count, size_t size)
{
	void *p = reallocarray(old, count, size);

	sink = p;
	return p;
}

OWN_FRAME void *posix_memalign_block(size_t alignment, size_t size)
{
	void *p = NULL;
	int error = posix_memalign(&p, alignment, size);

	sink = p;
	return error ? NULL : p;
}

OWN_FRAME void *posix_memalign_bad_alignment(size_t alignment, size_t size)
{
	void *p = &p; /* must stay as it is when the call fails */
	int error = posix_memalign(&p, alignment, size);

	sink = p;
	return error ? NULL : p;
}

OWN_FRAME void *posix_memalign_impossible(size_t alignment, size_t size)
{
	void *p = &p;
	int error = posix_memalign(&p, alignment, size);

	sink = p;
	return error ? NULL : p;
}

OWN_FRAME void *aligned_alloc_block(size_t alignment, size_t size)
{
	void *p = aligned_alloc(alignment, size);

	sink = p;
	return p;
}

OWN_FRAME void *memalign_small(size_t alignment, size_t size)
{
	void *p = memalign(alignment, size);

	sink = p;
	return p;
}

OWN_FRAME void *memalign_large(size_t alignment, size_t size)
{
	void *p = memalign(alignment, size);

	sink = p;
	return p;
}

OWN_FRAME void *valloc_block(size_t size)
{
	void *p = valloc(size);

	sink = p;
	return p;
}

static int with_pvalloc = 1;

OWN_FRAME void *pvalloc_block(size_t size)
{
	void *p = pvalloc(size);

	sink = p;
	return p;
}

OWN_FRAME void free_block(void *p)
{
	free(p);
	sink = NULL;
}

/* ---- the books ---- */

static uint64_t random_bits(struct worker *w)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return w->random;
}

/* from 0 to bound - 1 */
static size_t random_below(struct worker *w, size_t bound)
{
	return (random_bits(w) >> 11) % bound;
}

/* Mostly small, now and then some kilobytes: the mix of a server. */
static size_t random_size(struct worker *w)
{
	return 1 + random_below(w, random_below(w, 16) ? 512 : 8192);
}

static void die(const char *what)
{
	fprintf(stderr, "groundtruth: %s\n", what);
	_exit(1);
}

static void count_free(struct worker *w, const struct block *b)
{
	if (b->leaf == LEAF_NONE)
		return;
	w->truth[b->leaf].unfreed_bytes -= (long long)b->size;
	w->truth[b->leaf].unfreed_blocks--;
}

static struct block count_allocation(struct worker *w, enum leaf leaf, void *address, size_t size)
{
	struct truth *t = &w->truth[leaf];

	if (!address)
		die("out of memory");
	t->unfreed_bytes += (long long)size;
	t->unfreed_blocks++;
	t->all_bytes += (long long)size;
	t->all_events++;
	return (struct block){ address, size, leaf, (int)(w - workers) };
}

static void count_failure(struct worker *w, enum leaf leaf, const void *address)
{
	if (address)
		die("a request succeeded that cannot");
	w->truth[leaf].failed_events++;
}

/* The old block has become a new one of the function that resized it. */
static void count_resize(struct worker *w, struct block *b, enum leaf leaf, void *address, size_t size)
{
	if (address == b->address)
		w->in_place++;
	else
		w->moved++;
	count_free(w, b);
	*b = count_allocation(w, leaf, address, size);
}

static void release(struct worker *w, struct block *b)
{
	if (!b->address)
		return;
	count_free(w, b);
	w->frees++;
	if (b->thread != w - workers)
		w->foreign_frees++;
	free_block(b->address);
	b->address = NULL;
}

/* ---- what becomes of a block ---- */

/* Leaves the block to whoever comes by this slot next, and frees what lay there: mostly another thread's. */
OWN_FRAME void pass_on(struct worker *w, struct block b)
{
	struct slot *s = &pool[random_below(w, POOL)];
	struct block found;

	while (atomic_flag_test_and_set_explicit(&s->taken, memory_order_acquire))
		;
	found = s->block;
	s->block = b;
	atomic_flag_clear_explicit(&s->taken, memory_order_release);
	release(w, &found);
}

/* Keeps one in `one_in` for ever, frees some at once and passes the others on. */
OWN_FRAME void dispose(struct worker *w, struct block b, size_t one_in)
{
	if (random_below(w, one_in) == 0 && w->kept_count < MAX_KEPT)
		w->kept[w->kept_count++] = b;
	else if (b.size > 65536 || random_below(w, 2))
		release(w, &b);
	else
		pass_on(w, b);
}

/* ---- the work ---- */

OWN_FRAME void serve_requests(struct worker *w)
{
	size_t size = random_size(w);

	switch (random_below(w, 8)) {
	case 0:
		dispose(w, count_allocation(w, LEAF_malloc_session, malloc_session(size), size), 16);
		break;
	case 1:
		dispose(w, count_allocation(w, LEAF_malloc_zero, malloc_zero(), 0), 64);
		break;
	case 2:
		dispose(w, count_allocation(w, LEAF_malloc_recursive, malloc_recursive(size, (int)(size % 20)), size),
			64);
		break;
	case 3: {
		size_t count = 1 + random_below(w, 20);

		size = 1 + random_below(w, 64);
		dispose(w, count_allocation(w, LEAF_calloc_matrix, calloc_matrix(count, size), count * size), 64);
		break;
	}
	case 4:
		free_block(NULL);
		w->null_frees++;
		break;
	default:
		/* Never kept; but what lies in the pool at the end is unfreed too. */
		dispose(w, count_allocation(w, LEAF_malloc_request, malloc_request(size), size), SIZE_MAX);
	}
}

OWN_FRAME void align_blocks(struct worker *w)
{
	size_t size = random_size(w);
	size_t alignment = (size_t)32 << random_below(w, 8); /* 32 to 4096 */

	switch (random_below(w, 6)) {
	case 0:
		dispose(w, count_allocation(w, LEAF_posix_memalign_block, posix_memalign_block(alignment, size), size),
			64);
		break;
	case 1:
		size = (size + alignment - 1) & ~(alignment - 1);
		dispose(w, count_allocation(w, LEAF_aligned_alloc_block, aligned_alloc_block(alignment, size), size),
			64);
		break;
	case 2:
		alignment = (size_t)1 << random_below(w, 5); /* 1 to 16 */
		dispose(w, count_allocation(w, LEAF_memalign_small, memalign_small(alignment, size), size), 64);
		break;
	case 3:
		alignment <<= random_below(w, 5); /* to 65536 */
		dispose(w, count_allocation(w, LEAF_memalign_large, memalign_large(alignment, size), size), 64);
		break;
	case 4:
		dispose(w, count_allocation(w, LEAF_valloc_block, valloc_block(size), size), 64);
		break;
	default:
		/* Rounds up to pages by itself; what was requested is `size`. */
		/* Not every allocator has its own, and libc's block would go to another one's free. */
		if (with_pvalloc)
			dispose(w, count_allocation(w, LEAF_pvalloc_block, pvalloc_block(size), size), 64);
	}
}

OWN_FRAME void use_large_blocks(struct worker *w)
{
	size_t size = 131072 + random_below(w, 4 << 20);
	struct block b;

	if (random_below(w, 3) == 0) {
		b = count_allocation(w, LEAF_calloc_large, calloc_large(size / 8, 8), size / 8 * 8);
	} else {
		b = count_allocation(w, LEAF_malloc_large, malloc_large(size), size);
		if (random_below(w, 2)) {
			size = 131072 + random_below(w, 8 << 20);
			count_resize(w, &b, LEAF_realloc_large, realloc_large(b.address, size), size);
		}
	}
	dispose(w, b, 32);
}

OWN_FRAME void start_buffer(struct worker *w, struct block *b)
{
	size_t size = random_size(w);

	if (random_below(w, 2)) {
		*b = count_allocation(w, LEAF_realloc_from_null, realloc_from_null(size), size);
	} else {
		size_t count = 1 + random_below(w, 32);

		size = 1 + random_below(w, 32);
		*b = count_allocation(w, LEAF_reallocarray_from_null, reallocarray_from_null(count, size),
				      count * size);
	}
}

OWN_FRAME void storm_of_reallocs(struct worker *w)
{
	struct block *b = &w->buffers[random_below(w, BUFFERS)];
	size_t size, count;

	if (!b->address) {
		start_buffer(w, b);
		return;
	}
	switch (random_below(w, 12)) {
	case 0:
	case 1:
	case 2:
	case 3:
		size = b->size + 1 + random_below(w, b->size < 65536 ? b->size + 64 : 64);
		count_resize(w, b, LEAF_realloc_grow, realloc_grow(b->address, size), size);
		break;
	case 4:
	case 5:
		size = 1 + random_below(w, b->size + 1);
		count_resize(w, b, LEAF_realloc_shrink, realloc_shrink(b->address, size), size);
		break;
	case 6:
	case 7:
		size = b->size + 1 + random_below(w, 2);
		count_resize(w, b, LEAF_realloc_in_place, realloc_in_place(b->address, size), size);
		break;
	case 8:
		size = 1 + random_below(w, 64);
		count = 1 + random_below(w, 64);
		count_resize(w, b, LEAF_reallocarray_resize, reallocarray_resize(b->address, count, size),
			     count * size);
		break;
	case 9:
		/* glibc frees and returns NULL; other allocators return a live block of no bytes. */
		count_free(w, b);
		b->address = realloc_to_zero(b->address);
		if (b->address)
			*b = count_allocation(w, LEAF_realloc_to_zero, b->address, 0);
		break;
	default: {
		struct block given = *b;

		b->address = NULL;
		dispose(w, given, 32);
	}
	}
}

OWN_FRAME void ask_too_much(struct worker *w)
{
	struct block *b = &w->buffers[random_below(w, BUFFERS)];
	size_t size = impossible_sizes[random_below(w, 4)];

	switch (random_below(w, 6)) {
	case 0:
		count_failure(w, LEAF_malloc_impossible, malloc_impossible(size));
		break;
	case 1:
		count_failure(w, LEAF_calloc_overflow,
			      calloc_overflow(((size_t)1 << 33) + random_below(w, 9), (size_t)1 << 33));
		break;
	case 2:
		count_failure(w, LEAF_posix_memalign_bad_alignment,
			      posix_memalign_bad_alignment(random_below(w, 2) ? 24 : 4, 100));
		break;
	case 3:
		count_failure(w, LEAF_posix_memalign_impossible, posix_memalign_impossible(64, size));
		break;
	case 4:
		if (b->address)
			count_failure(w, LEAF_realloc_impossible, realloc_impossible(b->address, size));
		break;
	default:
		count_failure(w, LEAF_reallocarray_overflow,
			      reallocarray_overflow(b->address, (size_t)1 << 34, ((size_t)1 << 31) + 5));
	}
}

OWN_FRAME void run_operations(struct worker *w, long count)
{
	while (count-- > 0) {
		size_t kind = random_below(w, 1000);

		if (kind < 500)
			serve_requests(w);
		else if (kind < 800)
			storm_of_reallocs(w);
		else if (kind < 970)
			align_blocks(w);
		else if (kind < 998)
			ask_too_much(w);
		else
			use_large_blocks(w);
	}
}

/* Blocks from before the window: resized ones begin to count, freed ones never did. */
OWN_FRAME void meet_the_past(struct worker *w, struct block *past, int count)
{
	for (int i = 0; i < count; i++) {
		size_t size = random_size(w);

		switch (i % 4) {
		case 0:
			release(w, &past[i]);
			break;
		case 1:
			count_resize(w, &past[i], LEAF_realloc_grow, realloc_grow(past[i].address, size), size);
			break;
		case 2:
			count_failure(w, LEAF_realloc_impossible,
				      realloc_impossible(past[i].address, impossible_sizes[1]));
			break;
		default: /* stays as it is */
			break;
		}
	}
}

static struct block past[BEFORE_WINDOW];

OWN_FRAME void *thread_main(void *argument)
{
	struct worker *w = argument;
	int share = BEFORE_WINDOW / threads;

	pthread_barrier_wait(&begin);
	meet_the_past(w, past + share * (w - workers), share);
	run_operations(w, operations / threads);
	pthread_barrier_wait(&end);
	pthread_barrier_wait(&leave);
	return NULL;
}

/* ---- before and after the window ---- */

static struct truth total[LEAF_COUNT];

static void recount(struct truth *live, const struct block *b)
{
	if (!b->address || b->leaf == LEAF_NONE)
		return;
	live[b->leaf].unfreed_bytes += (long long)b->size;
	live[b->leaf].unfreed_blocks++;
}

/* Adds up the threads' books, and checks them against the blocks that are really still held. */
static void sum_up(void)
{
	static struct truth live[LEAF_COUNT];

	for (int i = 0; i < threads; i++) {
		struct worker *w = &workers[i];

		for (int leaf = 0; leaf < LEAF_COUNT; leaf++) {
			total[leaf].unfreed_bytes += w->truth[leaf].unfreed_bytes;
			total[leaf].unfreed_blocks += w->truth[leaf].unfreed_blocks;
			total[leaf].all_bytes += w->truth[leaf].all_bytes;
			total[leaf].all_events += w->truth[leaf].all_events;
			total[leaf].failed_events += w->truth[leaf].failed_events;
		}
		for (int k = 0; k < BUFFERS; k++)
			recount(live, &w->buffers[k]);
		for (int k = 0; k < w->kept_count; k++)
			recount(live, &w->kept[k]);
	}
	for (int i = 0; i < POOL; i++)
		recount(live, &pool[i].block);
	for (int i = 0; i < BEFORE_WINDOW; i++)
		recount(live, &past[i]);
	for (int leaf = 0; leaf < LEAF_COUNT; leaf++) {
		if (live[leaf].unfreed_bytes != total[leaf].unfreed_bytes ||
		    live[leaf].unfreed_blocks != total[leaf].unfreed_blocks)
			die("the books do not agree with the blocks");
	}
}

static void print_activity(void)
{
	long long allocations = 0, failures = 0, frees = 0, null_frees = 0, foreign = 0, moved = 0, in_place = 0;

	for (int leaf = 0; leaf < LEAF_COUNT; leaf++) {
		allocations += total[leaf].all_events;
		failures += total[leaf].failed_events;
	}
	for (int i = 0; i < threads; i++) {
		frees += workers[i].frees;
		null_frees += workers[i].null_frees;
		foreign += workers[i].foreign_frees;
		moved += workers[i].moved;
		in_place += workers[i].in_place;
	}
	fprintf(stderr,
		"groundtruth: %lld allocations (%lld reallocs moved, %lld in place), %lld failed, %lld frees (%lld on "
		"another thread), %lld of NULL\n",
		allocations, moved, in_place, failures, frees, foreign, null_frees);
}

#ifdef CROSS_CHECK
void cross_check_begin(void);
void cross_check_print(void);
#endif

static long parse(const char *text, long least, long most)
{
	char *rest;
	long value = strtol(text, &rest, 10);

	if (*rest || rest == text || value < least || value > most)
		die("usage: groundtruth [-t THREADS (1 to 64)] [-n OPERATIONS] [-s SEED] [-P (no pvalloc)]");
	return value;
}

int main(int argc, char **argv)
{
	pthread_t ids[MAX_THREADS];
	int option;

	while ((option = getopt(argc, argv, "t:n:s:P")) != -1) {
		if (option == 't')
			threads = (int)parse(optarg, 1, MAX_THREADS);
		else if (option == 'n')
			operations = parse(optarg, 0, 1000000000);
		else if (option == 's')
			seed = (uint64_t)parse(optarg, 1, INT32_MAX);
		else if (option == 'P')
			with_pvalloc = 0;
		else
			parse("", 0, 0);
	}
	protocol_announce();
	for (int i = 0; i < POOL; i++)
		atomic_flag_clear(&pool[i].taken);
	for (int i = 0; i < BEFORE_WINDOW; i++)
		past[i] = (struct block){ malloc_request(64 + (size_t)i), 64 + (size_t)i, LEAF_NONE, -1 };
	pthread_barrier_init(&begin, NULL, (unsigned)threads + 1);
	pthread_barrier_init(&end, NULL, (unsigned)threads + 1);
	pthread_barrier_init(&leave, NULL, (unsigned)threads + 1);
	for (int i = 0; i < threads; i++) {
		workers[i].random = seed * 0x9e3779b97f4a7c15u + (uint64_t)i * 0xbf58476d1ce4e5b9u + 1;
		if (pthread_create(&ids[i], NULL, thread_main, &workers[i]) != 0)
			die("cannot create a thread");
	}

	protocol_await();
#ifdef CROSS_CHECK
	cross_check_begin();
#endif
	pthread_barrier_wait(&begin);
	pthread_barrier_wait(&end);
	sum_up();
	protocol_truth_begin();
	for (int leaf = 0; leaf < LEAF_COUNT; leaf++)
		protocol_truth(leaf_names[leaf], &total[leaf]);
	protocol_truth_end();
	print_activity();
#ifdef CROSS_CHECK
	cross_check_print();
#endif

	protocol_await();
	pthread_barrier_wait(&leave);
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	return 0;
}
