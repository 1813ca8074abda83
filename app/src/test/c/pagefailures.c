/*
 * Accesses that fail and bring nothing, to pages that other functions bring, before or after: they end in a signal, or the
 * system call that makes them fails. With "end" there is nothing else, and the process ends; with "sharing" another
 * process that shares the memory brings pages before this one faults; with "locked" shared memory is attached that comes
 * at once. What stayed is taken from /proc/self/pagemap.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>

#include "claims.h"
#include "protocol.h"

#define HUGE       512ul
#define HUGE_BYTES (HUGE * PAGE)
#define FILE_PAGES 64ul

#define WORK __attribute__((noinline)) static void

static char *area;
static const char *file_name;
static int file;
static sigjmp_buf failed;

static void fail(int number)
{
	(void)number;
	siglongjmp(failed, 1);
}

static inline __attribute__((always_inline)) void write_pages(char *start, size_t pages, size_t step)
{
	for (size_t i = 0; i < pages; i += step)
		((volatile char *)start)[i * PAGE] = 1;
}

static inline __attribute__((always_inline)) void read_pages(char *start, size_t pages, size_t step)
{
	for (size_t i = 0; i < pages; i += step)
		(void)((volatile char *)start)[i * PAGE];
}

static void fail_to_write(char *start, size_t pages, size_t step)
{
	for (volatile size_t i = 0; i < pages; i += step) {
		if (!sigsetjmp(failed, 1)) {
			write_pages(start + i * PAGE, 1, 1);
			_exit(3);
		}
	}
}

static void fail_to_read(char *start, size_t pages, size_t step)
{
	for (volatile size_t i = 0; i < pages; i += step) {
		if (!sigsetjmp(failed, 1)) {
			read_pages(start + i * PAGE, 1, 1);
			_exit(3);
		}
	}
}

static void fail_to_fill(char *start, size_t pages, size_t step)
{
	for (size_t i = 0; i < pages; i += step) {
		if (pread(file, start + i * PAGE, 1, 0) != -1 || errno != EFAULT)
			_exit(3);
	}
}

static void make_file(void)
{
	char page[PAGE] = { 1 };

	file = open(file_name, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (file < 0)
		_exit(2);
	unlink(file_name);
	for (size_t i = 0; i < FILE_PAGES; i++)
		if (write(file, page, PAGE) != PAGE)
			_exit(2);
	fsync(file);
}

/* Addresses of a huge page that nothing may use yet. */
static char *huge_area(void)
{
	char *start = mmap(NULL, 2 * HUGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (start == MAP_FAILED)
		_exit(2);
	start = huge_aligned(start);
	madvise(start, HUGE_BYTES, MADV_HUGEPAGE);
	return start;
}

static char *map_file(int protection, int flags)
{
	char *start = mmap(NULL, FILE_PAGES * PAGE, protection, flags, file, 0);

	if (start == MAP_FAILED)
		_exit(2);
	return start;
}

WORK huge_tried(void)
{
	fail_to_fill(area + 100 * PAGE, 1, 1);
	fail_to_write(area + 200 * PAGE, 1, 1);
	claim(__func__, area, 0);
}

WORK huge_after_trial(void)
{
	mprotect(area, HUGE_BYTES, PROT_READ | PROT_WRITE);
	write_pages(area, 1, 1);
	claim(__func__, area, HUGE);
}

WORK huge_protected(void)
{
	mprotect(area, HUGE_BYTES, PROT_READ | PROT_WRITE);
	write_pages(area, 1, 1);
	mprotect(area, HUGE_BYTES, PROT_READ);
	claim(__func__, area, HUGE);
}

WORK huge_written(void)
{
	fail_to_write(area, HUGE, 8);
	claim(__func__, area, 0);
}

WORK huge_filled(void)
{
	fail_to_fill(area + 4 * PAGE, HUGE - 4, 8);
	claim(__func__, area, 0);
}

WORK shared_read(void)
{
	area = map_file(PROT_READ, MAP_SHARED);
	read_pages(area, FILE_PAGES, 1);
	claim(__func__, area, FILE_PAGES);
}

WORK shared_written(void)
{
	fail_to_write(area, FILE_PAGES, 1);
	claim(__func__, area, 0);
}

WORK private_read(void)
{
	area = map_file(PROT_READ, MAP_PRIVATE);
	read_pages(area, FILE_PAGES, 1);
	claim(__func__, area, FILE_PAGES);
}

WORK private_filled(void)
{
	fail_to_fill(area, FILE_PAGES, 1);
	claim(__func__, area, 0);
}

WORK forbidden_read(void)
{
	area = map_file(PROT_NONE, MAP_SHARED);
	fail_to_read(area, FILE_PAGES, 2);
	claim(__func__, area, 0);
}

WORK read_when_allowed(void)
{
	mprotect(area, FILE_PAGES * PAGE, PROT_READ);
	read_pages(area + PAGE, FILE_PAGES - 1, 16);
	claim(__func__, area, FILE_PAGES);
}

WORK read_beyond_end(void)
{
	make_file();
	area = map_file(PROT_READ, MAP_SHARED);
	if (ftruncate(file, 0))
		_exit(2);
	fail_to_read(area, FILE_PAGES, 2);
	claim(__func__, area, 0);
}

WORK read_within_end(void)
{
	char page[PAGE] = { 1 };

	for (size_t i = 0; i < FILE_PAGES; i++)
		if (pwrite(file, page, PAGE, (off_t)(i * PAGE)) != PAGE)
			_exit(2);
	read_pages(area + PAGE, FILE_PAGES - 1, 16);
	claim(__func__, area, FILE_PAGES);
}

/* 9,000 accesses to memory that may not be used, is read-only, or is none. */
WORK use_in_vain(void)
{
	char *none = mmap(NULL, 4000 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *gone = mmap(NULL, 1000 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(gone, 1000 * PAGE);
	fail_to_write(none, 2000, 1);
	fail_to_fill(none, 4000, 1);
	fail_to_fill(gone, 1000, 1);
	fail_to_write(gone, 1000, 1);
	fail_to_read(none + 3000 * PAGE, 1000, 1);
}

static volatile int shared_begin, shared_done;
static char *own;

WORK write_sharing(void)
{
	write_pages(area, 50, 1);
	claim(__func__, area, 50);
}

__attribute__((noreturn)) static int share(void *context)
{
	(void)context;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!shared_begin)
		usleep(1000);
	write_sharing();
	shared_done = 1;
	for (;;)
		pause();
}

WORK write_afterwards(void)
{
	write_pages(own, 30, 1);
	claim(__func__, own, 30);
}

WORK attach_locked(void)
{
	int segment = shmget(IPC_PRIVATE, 40 * PAGE, IPC_CREAT | 0600);
	char *start = shmat(segment, NULL, 0);

	shmctl(segment, IPC_RMID, NULL);
	if (start == (char *)-1)
		_exit(2);
	claim(__func__, start, 40);
}

/* Of two mappings, which mremap does not shrink on their way. */
WORK move_refused(void)
{
	char *start = map(64, 0);
	char *to = map(64, 0);

	write_pages(start, 64, 1);
	if (mprotect(start, 16 * PAGE, PROT_READ) ||
	    mremap(start, 64 * PAGE, 32 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) != MAP_FAILED)
		_exit(2);
	claim(__func__, start, 64);
}

static void tell(void)
{
	int pagemap = pagemap_open();

	for (int i = 0; i < claimed; i++) {
		struct truth truth = { 0 };

		for (size_t page = 0; page < claims[i].pages; page++)
			truth.unfreed_blocks += pagemap_word(pagemap, claims[i].start + page * PAGE) >> 63;
		protocol_truth(claims[i].function, &truth);
	}
	close(pagemap);
}

static void fail_in_every_way(void)
{
	area = huge_area();
	huge_tried();
	huge_after_trial();
	area = huge_area();
	huge_protected();
	huge_written();
	huge_filled();
	shared_read();
	shared_written();
	private_read();
	private_filled();
	forbidden_read();
	read_when_allowed();
	read_beyond_end();
	read_within_end();
	move_refused();
}

int main(int arguments, char **argument)
{
	const char *what = arguments > 2 ? argument[2] : "";
	int sharing = !strcmp(what, "sharing");
	struct sigaction action = { .sa_handler = fail };
	int child = 0;

	if (arguments < 2)
		return 2;
	file_name = argument[1];
	make_file();
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	/* Code that fails is there before it is looked at. */
	area = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fail_to_write(area, 1, 1);
	fail_to_read(area, 1, 1);
	fail_to_fill(area, 1, 1);
	area = map(64, 0);
	own = map(64, 0);
	if (sharing) {
		char *stack = map(64, 0);

		write_pages(stack, 64, 1);
		child = clone(share, stack + 64 * PAGE, CLONE_VM | SIGCHLD, NULL);
	}
	protocol_announce();
	protocol_await();
	if (sharing) {
		shared_begin = 1;
		while (!shared_done)
			usleep(1000);
		write_afterwards();
	} else if (!strcmp(what, "locked")) {
		if (mlockall(MCL_FUTURE))
			return 2;
		attach_locked();
	} else if (!strcmp(what, "end")) {
		use_in_vain();
		_exit(0);
	} else {
		fail_in_every_way();
	}
	protocol_truth_begin();
	tell();
	protocol_truth_end();
	protocol_await();
	if (sharing)
		kill(child, SIGKILL);
	return 0;
}
