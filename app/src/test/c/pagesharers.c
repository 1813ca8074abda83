/*
 * Pages in which several functions have a hand: a huge page, of which others copy, drop or refill a part, move or lock
 * it; a file's pages that a read maps around it, dropped and mapped anew; locked memory that grows. What stayed is taken
 * from /proc/self/pagemap.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>

#include "claims.h"
#include "protocol.h"

#define HUGE       512ul
#define HUGE_BYTES (HUGE * PAGE)
#define FILE_PAGES 64ul

#define WORK __attribute__((noinline)) static void

static char *area, *other;
static int file;

static inline __attribute__((always_inline)) void write_pages(char *start, size_t pages, size_t step)
{
	for (size_t i = 0; i < pages; i += step)
		((volatile char *)start)[i * PAGE] = 1;
}

static inline __attribute__((always_inline)) void read_page(const char *page)
{
	(void)*(volatile const char *)page;
}

/* From now on a fault there brings a page, no more. */
static void no_more_huge(char *start, size_t count)
{
	madvise(start, count * HUGE_BYTES, MADV_NOHUGEPAGE);
}

static char *file_pages(size_t count)
{
	char *start = mmap(NULL, count * PAGE, PROT_READ, MAP_PRIVATE, file, 0);

	if (start == MAP_FAILED)
		_exit(2);
	return start;
}

WORK filled_before_fork(void)
{
	area = map_huge(4);
	write_pages(area, 4 * HUGE, 1);
}

WORK written_after_fork(void)
{
	write_pages(area + 3 * PAGE, 4 * HUGE - 3, 64);
}

/* As a server that saves itself from a child: the child holds the huge pages, and what is written to is copied. */
static void copied_from_huge(void)
{
	int hold[2];
	char byte;

	filled_before_fork();
	if (pipe(hold))
		_exit(2);
	if (fork() == 0) {
		close(hold[1]);
		_exit(read(hold[0], &byte, 1) < 0);
	}
	close(hold[0]);
	written_after_fork();
	no_more_huge(area, 4);
	for (size_t i = 0; i < 4 * HUGE; i += 64) {
		claim("filled_before_fork", area + i * PAGE, 3);
		claim("written_after_fork", area + (i + 3) * PAGE, 1);
		claim("filled_before_fork", area + (i + 4) * PAGE, 60);
	}
}

WORK chunk_filled(void)
{
	area = map_huge(1);
	write_pages(area, HUGE, 1);
}

WORK chunk_refilled(void)
{
	for (size_t i = 0; i < HUGE; i += 64)
		write_pages(area + i * PAGE, 16, 1);
}

/* As an allocator that gives back runs of free pages and uses them again. */
static void refilled_in_part(void)
{
	chunk_filled();
	for (size_t i = 0; i < HUGE; i += 64)
		madvise(area + i * PAGE, 16 * PAGE, MADV_DONTNEED);
	no_more_huge(area, 1);
	chunk_refilled();
	for (size_t i = 0; i < HUGE; i += 64) {
		claim("chunk_refilled", area + i * PAGE, 16);
		claim("chunk_filled", area + (i + 16) * PAGE, 48);
	}
}

WORK small_neighbour(void)
{
	other = map_huge(1);
	no_more_huge(other, 1);
	write_pages(other, HUGE / 2, 1);
}

WORK huge_half_moved(void)
{
	char *half = other + HUGE_BYTES / 2;

	area = map_huge(1);
	write_pages(area, 1, 1);
	if (mremap(area + HUGE_BYTES / 2, HUGE_BYTES / 2, HUGE_BYTES / 2, MREMAP_MAYMOVE | MREMAP_FIXED, half) != half)
		_exit(2);
	claim(__func__, half, HUGE / 2);
	claim(__func__, area, HUGE / 2);
}

WORK zero_read(void)
{
	area = map_huge(1);
	for (size_t i = 0; i < HUGE; i++)
		read_page(area + i * PAGE);
}

WORK zero_written(void)
{
	write_pages(area + 5 * PAGE, 1, 1);
	claim(__func__, area, HUGE);
}

WORK brought_huge(void)
{
	area = map_huge(1);
	write_pages(area + 5 * PAGE, 1, 1);
	claim(__func__, area, HUGE);
}

/* What they ask for is there. */
WORK locked_afterwards(void)
{
	mlock(area, HUGE_BYTES);
	claim(__func__, area, 0);
}

WORK huge_until_split(void)
{
	area = map_huge(4);
	write_pages(area, 4 * HUGE, 1);
}

WORK locked_after_split(void)
{
	mlock(area, 4 * HUGE_BYTES);
	claim(__func__, area, 0);
}

/* As an allocator that tells which of its memory it will not need soon: the kernel splits the huge pages. */
static void split_and_locked(void)
{
	huge_until_split();
	for (size_t i = 0; i < 4; i++)
		madvise(area + i * HUGE_BYTES + 100 * PAGE, 50 * PAGE, MADV_COLD);
	locked_after_split();
	claim("huge_until_split", area, 4 * HUGE);
}

WORK read_around(void)
{
	area = file_pages(FILE_PAGES);
	read_page(area + 20 * PAGE);
}

WORK lock_the_rest(void)
{
	mlock(area, FILE_PAGES * PAGE);
}

static void read_and_locked(void)
{
	int pagemap = pagemap_open();
	bool there[FILE_PAGES];

	read_around();
	for (size_t i = 0; i < FILE_PAGES; i++)
		there[i] = pagemap_word(pagemap, area + i * PAGE) >> 63;
	lock_the_rest();
	for (size_t i = 0; i < FILE_PAGES; i++)
		claim(there[i] ? "read_around" : "lock_the_rest", area + i * PAGE, 1);
	close(pagemap);
}

WORK locked_on_fault(void)
{
	area = map_huge(1);
	mlock2(area, HUGE_BYTES, MLOCK_ONFAULT);
	claim(__func__, area, 0);
}

WORK fault_in_locked(void)
{
	write_pages(area + 5 * PAGE, 1, 1);
	claim(__func__, area, HUGE);
}

WORK locked_and_grown(void)
{
	char *locked = map(20, 0), *grown;

	mlock(locked, 20 * PAGE);
	grown = mremap(locked, 20 * PAGE, 100 * PAGE, MREMAP_MAYMOVE);
	if (grown == MAP_FAILED)
		_exit(2);
	claim(__func__, grown, 100);
}

WORK file_read_first(void)
{
	area = file_pages(FILE_PAGES);
	for (size_t i = 0; i < FILE_PAGES; i += 16)
		read_page(area + (i + 3) * PAGE);
}

WORK file_read_again(void)
{
	for (size_t i = 0; i < FILE_PAGES; i += 16)
		read_page(area + (i + 12) * PAGE);
	claim(__func__, area, FILE_PAGES);
}

/* The reads are of other pages than the first ones, which are gone. */
static void dropped_and_read(void)
{
	file_read_first();
	madvise(area, FILE_PAGES * PAGE, MADV_DONTNEED);
	file_read_again();
	claim("file_read_first", area, 0);
}

WORK served_and_unmapped(void)
{
	char *start = file_pages(16);

	read_page(start + 3 * PAGE);
	munmap(start, 16 * PAGE);
	other = start;
}

WORK mapped_to_stay(void)
{
	char *start = file_pages(16);

	read_page(start + 12 * PAGE);
	claim(__func__, start, 16);
}

static void mapped_where_others_were(void)
{
	for (int i = 0; i < 10; i++) {
		served_and_unmapped();
		mapped_to_stay();
	}
	claim("served_and_unmapped", other, 0);
}

WORK segment_attached(void)
{
	int segment = shmget(IPC_PRIVATE, HUGE_BYTES, IPC_CREAT | 0600);

	area = map_huge(1);
	munmap(area, HUGE_BYTES);
	if (shmat(segment, area, 0) != area)
		_exit(2);
	shmctl(segment, IPC_RMID, NULL);
	write_pages(area, HUGE, 1);
	claim(__func__, area, 0);
}

WORK mapped_after_detached(void)
{
	if (shmdt(area) ||
	    mmap(area, HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != area)
		_exit(2);
	madvise(area, HUGE_BYTES, MADV_HUGEPAGE);
	write_pages(area + 7 * PAGE, 1, 1);
	claim(__func__, area, HUGE);
}

static void allow_writing(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	mprotect((void *)((uintptr_t)info->si_addr & ~(PAGE - 1)), PAGE, PROT_READ | PROT_WRITE);
}

WORK guarded_owner(void)
{
	area = map(64, 0);
	write_pages(area, 64, 1);
	claim(__func__, area, 64);
}

WORK guarded_writer(void)
{
	write_pages(area, 32, 1);
	claim(__func__, area, 0);
}

/* As a garbage collector that wants to know which pages are written to. */
static void write_barrier(void)
{
	struct sigaction action = { .sa_sigaction = allow_writing, .sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &action, NULL);
	guarded_owner();
	mprotect(area, 64 * PAGE, PROT_READ);
	guarded_writer();
	signal(SIGSEGV, SIG_DFL);
}

static long long resident(const char *function)
{
	int pagemap = pagemap_open();
	long long count = 0;

	for (int i = 0; i < claimed; i++)
		for (size_t page = 0; claims[i].function == function && page < claims[i].pages; page++)
			count += pagemap_word(pagemap, claims[i].start + page * PAGE) >> 63;
	close(pagemap);
	return count;
}

static void tell(void)
{
	for (int i = 0; i < claimed; i++) {
		/* The first claim of a function speaks for all. */
		for (int j = i + 1; j < claimed; j++)
			if (!strcmp(claims[j].function, claims[i].function))
				claims[j].function = claims[i].function;
	}
	for (int i = 0; i < claimed; i++) {
		struct truth truth = { 0 };
		int first = 0;

		while (claims[first].function != claims[i].function)
			first++;
		if (first != i)
			continue;
		truth.unfreed_blocks = resident(claims[i].function);
		protocol_truth(claims[i].function, &truth);
	}
}

int main(void)
{
	char name[] = "/tmp/pagesharers.XXXXXX";

	file = mkstemp(name);
	unlink(name);
	for (size_t i = 0; i < FILE_PAGES * PAGE / 8; i++)
		if (write(file, "12345678", 8) != 8)
			_exit(2);
	fsync(file);
	protocol_announce();
	protocol_await();
	copied_from_huge();
	refilled_in_part();
	small_neighbour();
	claim("small_neighbour", other, HUGE / 2);
	huge_half_moved();
	zero_read();
	claim("zero_read", area, 0);
	zero_written();
	brought_huge();
	locked_afterwards();
	split_and_locked();
	read_and_locked();
	locked_on_fault();
	fault_in_locked();
	locked_and_grown();
	dropped_and_read();
	mapped_where_others_were();
	segment_attached();
	mapped_after_detached();
	write_barrier();
	protocol_truth_begin();
	tell();
	protocol_truth_end();
	protocol_await();
	return 0;
}
