/*
 * Brings pages into memory in every way, and says how many of them stayed, by function. What stayed is taken from the
 * program's own /proc/self/pagemap, function by function, so that it is the kernel's word and not this program's.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "claims.h"
#include "protocol.h"

#define HUGE (512 * PAGE)

static int pagemap = -1;
static int source = -1;
static int large = -1;

/* An address range that nothing else uses, aligned to a huge page. */
static char *reserve(size_t pages)
{
	char *start =
		mmap(NULL, pages * PAGE + 2 * HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return (char *)(((uintptr_t)start + HUGE - 1) & ~(HUGE - 1));
}

static char *map_at(char *at, size_t pages, int flags)
{
	char *start =
		mmap(at, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | flags, -1, 0);

	if (start != at)
		_exit(2);
	return start;
}

static inline __attribute__((always_inline)) void write_pages(char *start, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		((volatile char *)start)[i * PAGE] = 1;
}

static inline __attribute__((always_inline)) int read_pages(char *start, size_t pages)
{
	int sum = 0;

	for (size_t i = 0; i < pages; i++)
		sum += ((volatile char *)start)[i * PAGE];
	return sum;
}

/* Huge pages are off but where they are asked for, whatever the machine's setting: else functions would share them. */
static void huge_pages(int on)
{
	prctl(PR_SET_THP_DISABLE, !on, 0, 0, 0);
}

#define WORK __attribute__((noinline)) static void

WORK keep(void)
{
	char *p = map(100, 0);

	write_pages(p, 100);
	claim(__func__, p, 100);
}

WORK unmap(void)
{
	char *p = map(50, 0);

	write_pages(p, 50);
	munmap(p, 50 * PAGE);
	claim(__func__, p, 0);
}

WORK drop_all(void)
{
	char *p = map(64, 0);

	write_pages(p, 64);
	madvise(p, 64 * PAGE, MADV_DONTNEED);
	claim(__func__, p, 64);
}

WORK drop_half(void)
{
	char *p = map(128, 0);

	write_pages(p, 128);
	madvise(p, 64 * PAGE, MADV_DONTNEED);
	claim(__func__, p, 128);
}

static char *dropped;

WORK before_refault(void)
{
	dropped = map(40, 0);
	write_pages(dropped, 40);
	madvise(dropped, 40 * PAGE, MADV_DONTNEED);
	claim(__func__, dropped, 0);
}

WORK refault(void)
{
	write_pages(dropped, 40);
	claim(__func__, dropped, 40);
}

WORK map_again_untouched(void)
{
	char *p = map(33, 0);

	write_pages(p, 33);
	munmap(p, 33 * PAGE);
	map_at(p, 33, 0);
	claim(__func__, p, 33);
}

WORK only_read(void)
{
	char *p = map(30, 0);

	read_pages(p, 30);
	claim(__func__, p, 30);
}

static char *zeroes;

WORK read_first(void)
{
	zeroes = map(31, 0);
	read_pages(zeroes, 31);
	claim(__func__, zeroes, 0);
}

WORK write_after_read(void)
{
	write_pages(zeroes, 31);
	claim(__func__, zeroes, 31);
}

WORK fill_by_read(void)
{
	char *p = map(32, 0);

	if (pread(source, p, 32 * PAGE, 0) != (ssize_t)(32 * PAGE))
		_exit(2);
	claim(__func__, p, 32);
}

WORK share(void)
{
	char *p = mmap(NULL, 20 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	write_pages(p, 20);
	claim(__func__, p, 20);
}

WORK read_file(void)
{
	char *p = mmap(NULL, 64 * PAGE, PROT_READ, MAP_SHARED, source, 0);

	read_pages(p, 64);
	claim(__func__, p, 64);
}

/* One write of much makes large folios where the file system has them; each may be mapped as a whole. */
WORK read_large_folios(void)
{
	char *p = mmap(NULL, 1024 * PAGE, PROT_READ, MAP_SHARED, large, 0);

	for (size_t i = 0; i < 1024; i += 64)
		read_pages(p + i * PAGE, 1);
	claim(__func__, p, 1024);
}

/* A read maps the window of 16 pages around it, a write its own page alone. */
static char *windows;

WORK read_windows(void)
{
	windows = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, source, 0);
	for (int i = 0; i < 64; i += 16) {
		read_pages(windows + i * PAGE, 1);
		claim(__func__, windows + (i + 1) * PAGE, 7);
		claim(__func__, windows + (i + 9) * PAGE, 7);
	}
}

WORK write_in_windows(void)
{
	for (int i = 0; i < 64; i += 8) {
		write_pages(windows + i * PAGE, 1);
		claim(__func__, windows + i * PAGE, 1);
	}
}

WORK write_private_file(void)
{
	char *p = mmap(NULL, 24 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, source, 0);

	write_pages(p, 24);
	claim(__func__, p, 24);
}

WORK huge(void)
{
	char *p = map_at(reserve(1024), 1024, 0);

	huge_pages(1);
	madvise(p, 1024 * PAGE, MADV_HUGEPAGE);
	write_pages(p, 1024);
	huge_pages(0);
	claim(__func__, p, 1024);
}

WORK huge_first_half_dropped(void)
{
	char *p = map_at(reserve(512), 512, 0);

	huge_pages(1);
	madvise(p, 512 * PAGE, MADV_HUGEPAGE);
	*(volatile char *)p = 1;
	huge_pages(0);
	madvise(p, 256 * PAGE, MADV_DONTNEED);
	/* Else khugepaged makes it whole again, sooner or later. */
	madvise(p, 512 * PAGE, MADV_NOHUGEPAGE);
	claim(__func__, p, 512);
}

WORK huge_moved(void)
{
	char *p = map_at(reserve(512), 512, 0);
	char *to = reserve(600) + 7 * PAGE;

	huge_pages(1);
	madvise(p, 512 * PAGE, MADV_HUGEPAGE);
	p[5 * PAGE] = 1;
	huge_pages(0);
	if (mremap(p, 512 * PAGE, 512 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
		_exit(2);
	claim(__func__, to, 512);
}

WORK huge_first_half_dropped_and_moved(void)
{
	char *p = map_at(reserve(512), 512, 0);
	char *to = reserve(600) + 5 * PAGE;

	huge_pages(1);
	madvise(p, 512 * PAGE, MADV_HUGEPAGE);
	*(volatile char *)p = 1;
	huge_pages(0);
	madvise(p, 256 * PAGE, MADV_DONTNEED);
	madvise(p, 512 * PAGE, MADV_NOHUGEPAGE);
	if (mremap(p, 512 * PAGE, 512 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
		_exit(2);
	claim(__func__, to, 512);
}

/* The huge zero page, which is not resident. */
WORK only_read_huge(void)
{
	char *p = map_at(reserve(512), 512, 0);

	huge_pages(1);
	madvise(p, 512 * PAGE, MADV_HUGEPAGE);
	read_pages(p, 1);
	huge_pages(0);
	claim(__func__, p, 0);
}

WORK populate(void)
{
	claim(__func__, map(60, MAP_POPULATE), 60);
}

static char *reused;

WORK before_populate(void)
{
	reused = map(45, 0);
	write_pages(reused, 45);
	munmap(reused, 45 * PAGE);
	claim(__func__, reused, 0);
}

WORK populate_again(void)
{
	map_at(reused, 45, MAP_POPULATE);
	claim(__func__, reused, 45);
}

WORK populate_by_advice(void)
{
	char *p = map(21, 0);

	madvise(p, 21 * PAGE, 23 /* MADV_POPULATE_WRITE, Linux 5.14 */);
	claim(__func__, p, 21);
}

WORK lock(void)
{
	char *p = map(10, 0);

	if (mlock(p, 10 * PAGE) == 0)
		claim(__func__, p, 10);
}

static char *read_then_locked, *read_then_populated;

WORK read_zeroes(void)
{
	read_then_locked = map(13, 0);
	read_then_populated = map(14, 0);
	read_pages(read_then_locked, 13);
	read_pages(read_then_populated, 14);
	claim(__func__, read_then_locked, 0);
}

WORK lock_after_read(void)
{
	if (mlock(read_then_locked, 13 * PAGE) == 0)
		claim(__func__, read_then_locked, 13);
}

WORK populate_after_read(void)
{
	madvise(read_then_populated, 14 * PAGE, 23 /* MADV_POPULATE_WRITE */);
	claim(__func__, read_then_populated, 14);
}

/* The buffer of a perf event, mapped by frame number: pages that are not resident. */
WORK map_frames(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_DUMMY };
	int event = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);

	if (event >= 0)
		read_pages(mmap(NULL, 65 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, event, 0), 65);
}

static char *growing;

WORK grow_first(void)
{
	char *at = reserve(200);

	growing = map_at(at, 50, 0);
	write_pages(growing, 50);
}

WORK grow_by_mremap(void)
{
	char *to = reserve(200) + 3 * PAGE;

	growing = mremap(growing, 50 * PAGE, 120 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	write_pages(growing + 50 * PAGE, 70);
	claim("grow_first", growing, 50);
	claim(__func__, growing + 50 * PAGE, 70);
}

WORK shrink_by_mremap(void)
{
	char *p = map(80, 0);

	write_pages(p, 80);
	mremap(p, 80 * PAGE, 30 * PAGE, 0);
	claim(__func__, p, 30);
}

/* Pages from before the window, over which new ones are moved: those are gone. */
static char *overwritten;

WORK move_over_old_pages(void)
{
	char *p = map(500, 0);

	write_pages(p, 500);
	if (mremap(p, 500 * PAGE, 500 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, overwritten) != overwritten)
		_exit(2);
	claim(__func__, overwritten, 500);
}

static char *block;

WORK realloc_first(void)
{
	block = malloc(1 << 20);
	write_pages(block + PAGE, 254);
}

WORK realloc_again(void)
{
	size_t size = 1 << 20;

	for (int i = 0; i < 8; i++) {
		map(3, 0);
		size += 1 << 18;
		block = realloc(block, size);
		write_pages(block + size - (1 << 18) + PAGE, 63);
	}
	/* The block's first page, where malloc keeps its size, was written within realloc_first, too. */
	claim("realloc_first", (char *)((uintptr_t)block & ~(PAGE - 1)), 255);
	for (int i = 0; i < 8; i++)
		claim(__func__, block + (1 << 20) + (1 << 18) * i + PAGE, 63);
}

static char *common;
static int child_done[2];

WORK before_fork(void)
{
	common = map(40, 0);
	write_pages(common, 40);
}

/* Pages of the child's own, at addresses that the parent may use, and copies of what is common. */
WORK child_brings(void)
{
	write_pages(map(25, 0), 25);
	write_pages(common + 30 * PAGE, 10);
}

WORK fork_child(void)
{
	char byte;

	if (pipe(child_done))
		_exit(2);
	claim("child_brings", common, 0);
	if (fork() == 0) {
		close(child_done[1]);
		child_brings();
		_exit(read(child_done[0], &byte, 1) > 0);
	}
	close(child_done[0]);
}

WORK write_after_fork(void)
{
	write_pages(common, 20);
	claim(__func__, common, 20);
	claim("before_fork", common + 20 * PAGE, 20);
}

/* Pages deep in a thread's stack, beyond what starting the thread touches. */
static pthread_barrier_t barrier;

WORK use_thread_stack(char *room)
{
	char *aligned = (char *)(((uintptr_t)room + PAGE - 1) & ~(PAGE - 1));

	write_pages(aligned, 32);
	claim(__func__, aligned, 32);
}

__attribute__((noinline)) static void *on_thread_stack(void *unused)
{
	char room[64 * PAGE];

	use_thread_stack(room);
	pthread_barrier_wait(&barrier);
	for (;;)
		pause();
	return unused;
}

WORK start_thread(void)
{
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, 2);
	if (pthread_create(&thread, NULL, on_thread_stack, NULL))
		_exit(2);
	pthread_barrier_wait(&barrier);
}

WORK grow_heap(void)
{
	char *p = sbrk(41 * PAGE);

	p = (char *)(((uintptr_t)p + PAGE - 1) & ~(PAGE - 1));
	write_pages(p, 40);
	claim(__func__, p, 40);
}

WORK shrink_heap(void)
{
	char *p = sbrk(40 * PAGE);

	p = (char *)(((uintptr_t)p + PAGE - 1) & ~(PAGE - 1));
	write_pages(p, 39);
	sbrk(-20 * (long)PAGE);
	claim(__func__, p, 20);
}

/* Resident pages, the zero page apart, of what the program knows about itself. */
static long long resident(const char *start, size_t pages)
{
	long long count = 0;

	for (size_t i = 0; i < pages; i++) {
		uint64_t word = pagemap_word(pagemap, start + i * PAGE);

		/* Present; and either a file's, or exclusive, or not the zero page, whose frame all reads share. */
		if (word >> 63 && pagemap_frame(word) != 0)
			count++;
	}
	return count;
}

static uint64_t zero_frame(void)
{
	char *p = map(1, 0);
	uint64_t word;

	read_pages(p, 1);
	word = pagemap_word(pagemap, p);
	munmap(p, PAGE);
	return pagemap_frame(word);
}

static long long resident_but(uint64_t zero, const char *start, size_t pages)
{
	long long count = resident(start, pages);

	for (size_t i = 0; i < pages; i++) {
		uint64_t word = pagemap_word(pagemap, start + i * PAGE);

		if (word >> 63 && pagemap_frame(word) == zero)
			count--;
	}
	return count;
}

/* A file of 1024 pages, which are in memory. */
static int write_large(void)
{
	char path[] = "/tmp/pages-XXXXXX";
	char *content = map(1024, MAP_POPULATE);
	int file = mkstemp(path);

	if (file < 0 || write(file, content, 1024 * PAGE) != (ssize_t)(1024 * PAGE))
		_exit(2);
	unlink(path);
	munmap(content, 1024 * PAGE);
	return file;
}

int main(void)
{
	char path[] = "/tmp/pages-XXXXXX";
	uint64_t zero;

	pagemap = pagemap_open();
	source = mkstemp(path);
	unlink(path);
	if (pagemap < 0 || source < 0)
		return 2;
	for (int i = 0; i < 64; i++) {
		static char page[PAGE] = "page";

		if (write(source, page, PAGE) != (ssize_t)PAGE)
			return 2;
	}
	large = write_large();
	zero = zero_frame();
	huge_pages(0);
	/* What is mapped by now, code above all, comes into memory beforehand. */
	if (mlockall(MCL_CURRENT) == 0)
		munlockall();
	overwritten = map(500, 0);
	write_pages(overwritten, 500);
	protocol_announce();
	protocol_await();
	keep();
	unmap();
	drop_all();
	drop_half();
	before_refault();
	refault();
	map_again_untouched();
	only_read();
	read_first();
	write_after_read();
	fill_by_read();
	share();
	read_file();
	read_large_folios();
	read_windows();
	write_in_windows();
	write_private_file();
	huge();
	huge_first_half_dropped();
	huge_moved();
	huge_first_half_dropped_and_moved();
	only_read_huge();
	populate();
	before_populate();
	populate_again();
	populate_by_advice();
	lock();
	read_zeroes();
	lock_after_read();
	populate_after_read();
	map_frames();
	grow_first();
	grow_by_mremap();
	shrink_by_mremap();
	move_over_old_pages();
	realloc_first();
	realloc_again();
	before_fork();
	fork_child();
	write_after_fork();
	start_thread();
	grow_heap();
	shrink_heap();
	protocol_truth_begin();
	for (int i = 0; i < claimed; i++) {
		struct truth truth = { 0 };
		int first = 0;

		while (strcmp(claims[first].function, claims[i].function))
			first++;
		if (first < i)
			continue;
		for (int j = i; j < claimed; j++) {
			if (!strcmp(claims[j].function, claims[i].function))
				truth.unfreed_blocks += resident_but(zero, claims[j].start, claims[j].pages);
		}
		truth.unfreed_bytes = truth.unfreed_blocks * (long long)PAGE;
		protocol_truth(claims[i].function, &truth);
	}
	protocol_truth_end();
	protocol_await();
	close(child_done[1]);
	return 0;
}
