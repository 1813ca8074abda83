/*
 * A program that maps memory in every way, beside what it allocates, and says of each function how many bytes of what it
 * mapped are still mapped, in whole pages, and in how many pieces.
 *
 *   mappings [-s SEED] [-x] [-r] [-b BURST]
 *
 * -x: becomes this program again after it has mapped something. -r: maps by a system call of its own as well. -b: maps
 * and unmaps a page BURST times, and nothing else.
 *
 * See protocol.h for the conversation. Functions whose number of pieces depends on chance say -1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "protocol.h"

#define OWN_FRAME __attribute__((noinline))
#define PAGE      4096ul

#define STORM_THREADS 4
#define STORM_SLOTS   64
#define STORM_PAGES   24 /* of a slot at most */
#define STORM_STEPS   5000
#define CREATED       3
#define RAW_PAGES     1024

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

static void *volatile sink;

static void require(bool holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "%s: %s\n", what, strerror(errno));
		_exit(1);
	}
}

/* ---- the leaves: each keeps its own frame and name ---- */

#define MAPPER(name)                                                                                              \
	OWN_FRAME void *name(void *where, size_t bytes, int flags)                                                \
	{                                                                                                         \
		void *p = mmap(where, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0); \
                                                                                                                  \
		sink = p;                                                                                         \
		return p;                                                                                         \
	}

#define REMAPPER(name)                                                                 \
	OWN_FRAME void *name(void *old, size_t bytes, size_t now, int flags, void *to) \
	{                                                                              \
		void *p = mremap(old, bytes, now, flags, to);                          \
                                                                                       \
		sink = p;                                                              \
		return p;                                                              \
	}

MAPPER(map_keep)
MAPPER(map_odd)
MAPPER(map_release)
MAPPER(map_spent)
MAPPER(map_trim)
MAPPER(map_hole)
MAPPER(map_under)
MAPPER(map_over)
MAPPER(map_moved)
MAPPER(map_shrunk)
MAPPER(map_split)
MAPPER(map_stuck)
MAPPER(map_twice)
MAPPER(map_buried)
MAPPER(map_sealed)
MAPPER(map_touching)
MAPPER(map_early)
MAPPER(map_fails)
MAPPER(map_of_child)
MAPPER(map_stormy)
MAPPER(map_burst)
REMAPPER(remap_grow)
REMAPPER(remap_shrink)
REMAPPER(remap_middle)
REMAPPER(remap_fails)
REMAPPER(remap_copy)
REMAPPER(remap_onto)
REMAPPER(remap_early)
REMAPPER(remap_stormy)

OWN_FRAME void *map_file(int file, size_t bytes)
{
	void *p = mmap64(NULL, bytes, PROT_READ, MAP_SHARED, file, 0);

	sink = p;
	return p;
}

OWN_FRAME void *map_raw(size_t bytes)
{
	void *p = (void *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);

	sink = p;
	return p;
}

#ifdef __GLIBC__
OWN_FRAME void *move_break(intptr_t by)
{
	void *p = sbrk(by);

	sink = p;
	return p;
}
#endif

OWN_FRAME void *malloc_large(size_t bytes)
{
	void *p = malloc(bytes);

	sink = p;
	return p;
}

OWN_FRAME void *realloc_large(void *old, size_t bytes)
{
	void *p = realloc(old, bytes);

	sink = p;
	return p;
}

OWN_FRAME void *malloc_small(size_t bytes)
{
	void *p = malloc(bytes);

	sink = p;
	return p;
}

OWN_FRAME void make_thread(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument)
{
	require(!pthread_create(thread, attributes, body, argument), "pthread_create");
}

/* ---- what they keep ---- */

static void tell(const char *function, long long bytes, long long pieces)
{
	const struct truth truth = { .unfreed_bytes = bytes, .unfreed_blocks = pieces };

	protocol_truth(function, &truth);
}

static void unmap(void *address, size_t bytes)
{
	require(!munmap(address, bytes), "munmap");
}

static void plainly(void)
{
	char *p;
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	map_keep(NULL, 10 * PAGE, 0);
	map_keep(NULL, 3 * PAGE, MAP_NORESERVE);
	tell("map_keep", 13 * PAGE, 2);
	map_odd(NULL, 100, 0);
	p = map_odd(NULL, 2 * PAGE + 1, 0);
	/* As the kernel rounds: one page. */
	unmap(p, 1);
	tell("map_odd", 3 * PAGE, 2);
	unmap(map_release(NULL, 100 * PAGE, 0), 100 * PAGE);
	tell("map_release", 0, 0);
	map_file(file, 2 * PAGE);
	close(file);
	tell("map_file", 2 * PAGE, 1);
}

static void in_part(void)
{
	char *p = map_trim(NULL, 64 * PAGE, 0);
	char *other;

	/* As for an alignment. */
	unmap(p, 7 * PAGE);
	unmap(p + 39 * PAGE, 25 * PAGE);
	tell("map_trim", 32 * PAGE, 1);
	p = map_hole(NULL, 16 * PAGE, 0);
	unmap(p + 4 * PAGE, 4 * PAGE);
	unmap(p + 6 * PAGE, 3 * PAGE);
	tell("map_hole", 11 * PAGE, 2);
	p = map_under(NULL, 16 * PAGE, 0);
	require(map_over(p + 2 * PAGE, 3 * PAGE, MAP_FIXED) == p + 2 * PAGE, "MAP_FIXED");
	require(map_over(p + 15 * PAGE, PAGE, MAP_FIXED) == p + 15 * PAGE, "MAP_FIXED");
	tell("map_under", 12 * PAGE, 2);
	tell("map_over", 4 * PAGE, 2);
	/* One call takes what three mapped. */
	p = map_touching(NULL, 12 * PAGE, 0);
	other = map_touching(p + 4 * PAGE, 4 * PAGE, MAP_FIXED);
	require(other == p + 4 * PAGE, "MAP_FIXED");
	unmap(p + 2 * PAGE, 9 * PAGE);
	tell("map_touching", 3 * PAGE, 2);
}

static void moving(char *early)
{
	char *p = map_moved(NULL, 4 * PAGE, 0), *to;

	to = remap_grow(p, 4 * PAGE, 400 * PAGE, MREMAP_MAYMOVE, NULL);
	require(to != MAP_FAILED, "mremap");
	/* What it added goes again in part, and comes again. */
	require(remap_shrink(to, 400 * PAGE, 6 * PAGE, 0, NULL) == to, "mremap");
	to = remap_grow(to, 6 * PAGE, 9 * PAGE, MREMAP_MAYMOVE, NULL);
	require(to != MAP_FAILED, "mremap");
	tell("map_moved", 4 * PAGE, 1);
	tell("remap_grow", 5 * PAGE, 2);

	p = map_shrunk(NULL, 8 * PAGE, 0);
	require(remap_shrink(p, 8 * PAGE, 3 * PAGE - 5, 0, NULL) == p, "mremap");
	tell("map_shrunk", 3 * PAGE, 1);
	tell("remap_shrink", 0, 0);

	/* Out of the middle, to somewhere else. */
	p = map_split(NULL, 9 * PAGE, 0);
	require(remap_middle(p + 3 * PAGE, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE, NULL) != MAP_FAILED, "mremap");
	tell("map_split", 9 * PAGE, 3);
	tell("remap_middle", PAGE, 1);

	p = map_stuck(NULL, 4 * PAGE, 0);
	require(remap_fails(p, 2 * PAGE, 3 * PAGE, 0, NULL) == MAP_FAILED, "mremap onto something");
	tell("map_stuck", 4 * PAGE, -1);
	tell("remap_fails", 0, 0);

	p = map_twice(NULL, 6 * PAGE, 0);
	require(remap_copy(p, 6 * PAGE, 6 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL) != MAP_FAILED, "DONTUNMAP");
	tell("map_twice", 6 * PAGE, 1);
	tell("remap_copy", 6 * PAGE, 1);

	to = map_buried(NULL, 8 * PAGE, 0);
	p = map_buried(NULL, 3 * PAGE, 0);
	require(remap_onto(p, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to + PAGE) == to + PAGE, "FIXED");
	tell("map_buried", 8 * PAGE, 3);
	tell("remap_onto", 0, 0);

	/* What was mapped before the window is not the window's, but what is added to it. */
	require(remap_early(early, 5 * PAGE, 7 * PAGE, MREMAP_MAYMOVE, NULL) != MAP_FAILED, "mremap");
	tell("map_early", 0, 0);
	tell("remap_early", 2 * PAGE, 1);
}

static void in_vain(void)
{
	char *p = map_sealed(NULL, 5 * PAGE, 0);
	long long kept = 5;

	require(map_fails(NULL, 0, 0) == MAP_FAILED, "mmap of nothing");
	require(map_fails(NULL, 1ul << 60, 0) == MAP_FAILED, "mmap of too much");
	require(map_fails(p, PAGE, MAP_FIXED_NOREPLACE) == MAP_FAILED, "mmap in place of another");
	tell("map_fails", 0, 0);
	require(munmap(p + 1, PAGE) < 0, "munmap of no page");
	/* Linux 6.10: nobody may unmap it, or move it. */
	syscall(SYS_mseal, p + PAGE, 2 * PAGE, 0);
	if (!munmap(p, 2 * PAGE))
		kept -= 2;
	else
		require(mremap(p + 2 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED, "mremap of a seal");
	tell("map_sealed", kept * PAGE, -1);
}

/* What fails gives nothing back of what was unmapped from the same place before. */
static void in_vain_again(void)
{
	const struct {
		uintptr_t offset;
		size_t bytes;
	} impossible[] = { { 0, 0 }, { 1, PAGE }, { 0, ~0ul }, { 0, 1ul << 60 }, { (uintptr_t)1 << 63, PAGE } };
	const size_t count = sizeof(impossible) / sizeof(*impossible);

	for (size_t i = 0; i < 10 * count; i++) {
		char *p = map_spent(NULL, 16 * PAGE, 0);

		require(p != MAP_FAILED, "mmap");
		for (int twice = 0; twice < 3; twice++) {
			uintptr_t at = (uintptr_t)p + (twice ? impossible[i % count].offset : 0);

			require(munmap((void *)at, twice ? impossible[i % count].bytes : 16 * PAGE) == (twice ? -1 : 0),
				"munmap, once of something");
		}
	}
	tell("map_spent", 0, 0);
}

#ifdef __GLIBC__
static uintptr_t rounded(void *address)
{
	return ((uintptr_t)address + PAGE - 1) / PAGE * PAGE;
}

static void heap(void)
{
	uintptr_t begin = rounded(sbrk(0));

	require(move_break(5 * PAGE + 100) != (void *)-1, "sbrk");
	require(move_break(1l << 46) == (void *)-1, "sbrk of too much");
	move_break(200);
	move_break(-2 * (intptr_t)PAGE);
	move_break((intptr_t)(PAGE - (uintptr_t)sbrk(0) % PAGE));
	tell("move_break", (long long)(rounded(sbrk(0)) - begin), -1);
}

#else
/* musl's sbrk moves nothing. */
static void heap(void)
{
}
#endif

static void allocator(void)
{
	char *p;

	malloc_large(1 << 20);
	malloc_large(40 << 20);
	free(malloc_large(3 << 20));
	tell("malloc_large", 41 << 20, 2);
	p = realloc_large(NULL, 2 << 20);
	p = realloc_large(p, 20 << 20);
	p = realloc_large(p, 5 << 20);
	tell("realloc_large", 5 << 20, 1);
	/* Enough for any allocator to need more room. */
	for (int i = 0; i < 10000; i++)
		malloc_small(1000);
	tell("malloc_small", 10000 * 1000, 10000);
}

/* ---- threads ---- */

static void *wait_for_ever(void *nothing)
{
	for (;;)
		pause();
	return nothing;
}

static long long created_bytes;

static void create(void)
{
	pthread_attr_t attributes;
	pthread_t thread;
	size_t stack, guard;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 32 * PAGE);
	for (int i = 0; i < CREATED; i++) {
		make_thread(&thread, &attributes, wait_for_ever, NULL);
		pthread_attr_getstacksize(&attributes, &stack);
		pthread_attr_getguardsize(&attributes, &guard);
		created_bytes += (long long)(stack + guard);
	}
#ifdef __GLIBC__
	/* musl adds what it keeps of the thread. */
	tell("make_thread", created_bytes, CREATED);
#endif
}

/* Pages of each slot, from its begin: who mapped them; 0: not mapped. */
struct slot {
	atomic_flag taken;
	char *begin;
	int pages;
	unsigned char owner[STORM_PAGES];
};

enum { BY_MAP = 1, BY_REMAP = 2 };

static struct slot slots[STORM_SLOTS];
static pthread_barrier_t storm_begins, storm_is_over;
static uint64_t seed = 1;

static unsigned next(uint64_t *random, unsigned below)
{
	*random = *random * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(*random >> 33) % below;
}

/* The slot's mapping may be in pieces: holes stay holes until it goes as a whole. */
static void disturb(struct slot *slot, uint64_t *random)
{
	int from, pages;
	char *p;

	if (!slot->begin) {
		pages = 1 + (int)next(random, STORM_PAGES / 2);
		p = map_stormy(NULL, (size_t)pages * PAGE, 0);
		require(p != MAP_FAILED, "mmap");
		memset(slot->owner, 0, sizeof(slot->owner));
		memset(slot->owner, BY_MAP, (size_t)pages);
		slot->begin = p;
		slot->pages = pages;
		return;
	}
	switch (next(random, 4)) {
	case 0:
		/* Only what is mapped: another thread's memory may lie in the holes by now. */
		for (int i = 0; i < slot->pages; i++)
			if (slot->owner[i])
				unmap(slot->begin + i * PAGE, PAGE);
		slot->begin = NULL;
		return;
	case 1:
		from = (int)next(random, (unsigned)slot->pages);
		if (slot->owner[from])
			unmap(slot->begin + from * PAGE, PAGE);
		slot->owner[from] = 0;
		return;
	case 2:
		/* Moved whole, and made larger. */
		for (int i = 0; i < slot->pages; i++)
			if (!slot->owner[i])
				return;
		pages = slot->pages + (int)next(random, 4);
		if (pages > STORM_PAGES)
			return;
		p = remap_stormy(slot->begin, (size_t)slot->pages * PAGE, (size_t)pages * PAGE, MREMAP_MAYMOVE, NULL);
		/* The kernel need not have merged what was mapped piece by piece. */
		if (p == MAP_FAILED)
			return;
		memset(slot->owner + slot->pages, BY_REMAP, (size_t)(pages - slot->pages));
		slot->begin = p;
		slot->pages = pages;
		return;
	default:
		from = (int)next(random, (unsigned)slot->pages);
		if (!slot->owner[from])
			return;
		require(map_stormy(slot->begin + from * PAGE, PAGE, MAP_FIXED) != MAP_FAILED, "MAP_FIXED");
		slot->owner[from] = BY_MAP;
	}
}

static void *storm(void *number)
{
	uint64_t random = seed * 1000 + (uint64_t)(uintptr_t)number;

	pthread_barrier_wait(&storm_begins);
	for (int i = 0; i < STORM_STEPS; i++) {
		struct slot *slot = &slots[next(&random, STORM_SLOTS)];

		if (atomic_flag_test_and_set(&slot->taken))
			continue;
		disturb(slot, &random);
		atomic_flag_clear(&slot->taken);
	}
	pthread_barrier_wait(&storm_is_over);
	return wait_for_ever(NULL);
}

static void after_storm(void)
{
	long long pages[3] = { 0 };

	pthread_barrier_wait(&storm_begins);
	pthread_barrier_wait(&storm_is_over);
	for (int i = 0; i < STORM_SLOTS; i++)
		for (int page = 0; slots[i].begin && page < slots[i].pages; page++)
			pages[slots[i].owner[page]]++;
	tell("map_stormy", pages[BY_MAP] * (long long)PAGE, -1);
	tell("remap_stormy", pages[BY_REMAP] * (long long)PAGE, -1);
}

static void fork_one(void)
{
	pid_t child = fork();

	if (!child) {
		map_of_child(NULL, 50 * PAGE, 0);
		_exit(0);
	}
	require(child > 0 && waitpid(child, NULL, 0) == child, "fork");
	tell("map_of_child", 0, 0);
}

static void do_everything(char *early)
{
	protocol_truth_begin();
	heap();
	plainly();
	in_part();
	moving(early);
	in_vain();
	in_vain_again();
	allocator();
	create();
	after_storm();
	fork_one();
	protocol_truth_end();
}

static void burst(long times)
{
	for (long i = 0; i < times; i++)
		unmap(map_burst(NULL, PAGE, 0), PAGE);
	protocol_truth_begin();
	tell("map_burst", 0, 0);
	protocol_truth_end();
}

static void start_again(char **argv)
{
	map_keep(NULL, 1000 * PAGE, 0);
	execl("/proc/self/exe", argv[0], "-e", (char *)NULL);
	_exit(1);
}

int main(int argc, char **argv)
{
	bool again = false, raw = false, second = false;
	pthread_t thread;
	long times = 0;
	char *early;
	int option;

	while ((option = getopt(argc, argv, "s:b:xre")) != -1) {
		switch (option) {
		case 's':
			seed = strtoull(optarg, NULL, 10);
			break;
		case 'b':
			times = atol(optarg);
			break;
		case 'x':
			again = true;
			break;
		case 'r':
			raw = true;
			break;
		case 'e':
			second = true;
			break;
		default:
			return 2;
		}
	}
	if (second) {
		/* Once more: the new program must have been seen before its stacks can be walked. */
		protocol_announce();
		protocol_await();
		protocol_truth_begin();
		map_keep(NULL, 20 * PAGE, 0);
		tell("map_keep", 20 * PAGE, 1);
		protocol_truth_end();
		protocol_await();
		return 0;
	}
	early = map_early(NULL, 5 * PAGE, 0);
	protocol_announce();
	if (!again && !times) {
		pthread_barrier_init(&storm_begins, NULL, STORM_THREADS + 1);
		pthread_barrier_init(&storm_is_over, NULL, STORM_THREADS + 1);
		for (uintptr_t i = 0; i < STORM_THREADS; i++)
			if (pthread_create(&thread, NULL, storm, (void *)i))
				return 1;
	}
	protocol_await();
	if (again)
		start_again(argv);
	if (times) {
		burst(times);
	} else {
		if (raw)
			map_raw(RAW_PAGES * PAGE);
		do_everything(early);
	}
	protocol_await();
	return 0;
}
