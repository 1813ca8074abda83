/*
 * Pages of every kind of memory, each brought by a function of its own, some of two kinds in one mapping: page cache, mapped
 * privately or shared, copies of file pages, shared memory of each kind, stacks of threads that run all the time, that lie
 * amid other data, or that the program made for itself, and marks in page tables that stand for no page (marks), or writes
 * to pages that are there (present). The first argument names a file to map, of 64 pages at least.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#ifdef __GLIBC__
#include <linux/userfaultfd.h>
#include <ucontext.h>
#endif

#include "claims.h"
#include "protocol.h"

#define WORK __attribute__((noinline)) static void

static int file = -1;

static inline __attribute__((always_inline)) void write_pages(char *start, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		((volatile char *)start)[i * PAGE] = 1;
}

static inline __attribute__((always_inline)) void read_pages(char *start, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		(void)((volatile char *)start)[i * PAGE];
}

static char *map_file(size_t pages, int flags, int of)
{
	char *start = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags, of, 0);

	if (start == MAP_FAILED)
		_exit(2);
	return start;
}

WORK read_shared(void)
{
	char *p = map_file(64, MAP_SHARED, file);

	read_pages(p, 64);
	claim(__func__, p, 64);
}

WORK write_shared(void)
{
	char *p = map_file(63, MAP_SHARED, file);

	write_pages(p, 63);
	claim(__func__, p, 63);
}

/* One mapping, half of it copied. */
static char *half;

WORK read_private(void)
{
	half = map_file(64, MAP_PRIVATE, file);
	read_pages(half, 64);
	claim(__func__, half + 31 * PAGE, 33);
}

WORK write_private(void)
{
	write_pages(half, 31);
	claim(__func__, half, 31);
}

WORK write_zero_device(void)
{
	int zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
	char *p = map_file(30, MAP_PRIVATE, zero);

	write_pages(p, 30);
	claim(__func__, p, 30);
}

WORK write_memfd(void)
{
	int memory = (int)syscall(SYS_memfd_create, "memory", 0);
	char *p = map_file(29, MAP_SHARED, memory);

	if (ftruncate(memory, 29 * PAGE))
		_exit(2);
	write_pages(p, 29);
	claim(__func__, p, 29);
}

WORK write_segment(void)
{
	int id = shmget(IPC_PRIVATE, 28 * PAGE, IPC_CREAT | 0600);
	char *p = shmat(id, NULL, 0);

	shmctl(id, IPC_RMID, NULL);
	if (p == (char *)-1)
		_exit(2);
	write_pages(p, 28);
	claim(__func__, p, 28);
}

WORK write_tmpfs(void)
{
	char path[] = "/dev/shm/pagekinds-XXXXXX";
	int memory = mkstemp(path);
	char *p = map_file(27, MAP_SHARED, memory);

	unlink(path);
	if (memory < 0 || ftruncate(memory, 27 * PAGE))
		_exit(2);
	write_pages(p, 27);
	claim(__func__, p, 27);
}

WORK write_nameless(void)
{
	char *p = map_file(26, MAP_SHARED | MAP_ANONYMOUS, -1);

	write_pages(p, 26);
	claim(__func__, p, 26);
}

/* Threads that never leave the CPU. */
static volatile int done;
static pthread_barrier_t barrier;

WORK use_busy_stack(char *room)
{
	char *aligned = (char *)(((uintptr_t)room + PAGE - 1) & ~(PAGE - 1));

	write_pages(aligned, 16);
	claim(__func__, aligned, 16);
}

__attribute__((noinline)) static void *run(void *unused)
{
	char room[24 * PAGE];

	use_busy_stack(room);
	pthread_barrier_wait(&barrier);
	while (!done)
		;
	return unused;
}

/* A stack amid data that lie in the same mapping. */
WORK use_given_stack(char *room)
{
	char *aligned = (char *)(((uintptr_t)room + PAGE - 1) & ~(PAGE - 1));

	write_pages(aligned, 15);
	claim(__func__, aligned, 15);
}

__attribute__((noinline)) static void *sleep_there(void *unused)
{
	char room[24 * PAGE];

	use_given_stack(room);
	pthread_barrier_wait(&barrier);
	while (!done)
		sleep(1);
	return unused;
}

WORK write_beside_stack(char *area)
{
	write_pages(area, 20);
	claim(__func__, area, 20);
	write_pages(area + 148 * PAGE, 20);
	claim(__func__, area + 148 * PAGE, 20);
}

static void start(const pthread_attr_t *attributes, void *(*routine)(void *))
{
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, 2);
	if (pthread_create(&thread, attributes, routine, NULL))
		_exit(2);
	pthread_barrier_wait(&barrier);
}

static void start_threads(void)
{
	char *area = map(168, 0);
	pthread_attr_t attributes;

	start(NULL, run);
	write_beside_stack(area);
	pthread_attr_init(&attributes);
	pthread_attr_setstack(&attributes, area + 20 * PAGE, 128 * PAGE);
	start(&attributes, sleep_there);
}

#ifdef __GLIBC__
/* A stack that the program made for itself, with the data that it points to in the same mapping. */
static char *fiber_area;
static ucontext_t outside, fiber;

WORK write_on_fiber(void)
{
	write_pages(fiber_area + 16 * PAGE, 100);
	claim(__func__, fiber_area + 16 * PAGE, 100);
	protocol_truth_begin();
}

static void marks(void)
{
	char *p = map(5000, 0);
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP | 1 << 13 };
	int faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	char *q = map(100, 0);
	struct uffdio_register area = {
		.range = { (uintptr_t)q, 100 * PAGE },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	struct uffdio_writeprotect protect = {
		.range = { (uintptr_t)q, 100 * PAGE },
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};
	long marked = 0;

	/* MADV_GUARD_INSTALL, Linux 6.13; UFFD_FEATURE_WP_UNPOPULATED, 6.4. */
	marked += madvise(p, 5000 * PAGE, 102) ? 0 : 5000;
	if (ioctl(faults, UFFDIO_API, &api) == 0 && ioctl(faults, UFFDIO_REGISTER, &area) == 0 &&
	    ioctl(faults, UFFDIO_WRITEPROTECT, &protect) == 0)
		marked += 100;
	protocol_truth_begin();
	protocol_truth("marks", &(struct truth){ .failed_events = marked });
}
#endif

/* No page is copied: the file's are marked as written, the others are the process's own. */
WORK write_present(void)
{
	char *p = map_file(64, MAP_SHARED, file);
	char *q = map(64, 0);

	write_pages(q, 64);
	read_pages(p, 64);
	mprotect(q, 64 * PAGE, PROT_READ);
	mprotect(q, 64 * PAGE, PROT_READ | PROT_WRITE);
	write_pages(p, 64);
	write_pages(q, 64);
	claim(__func__, p, 64);
	claim(__func__, q, 64);
}

static void all(void)
{
	read_shared();
	write_shared();
	read_private();
	write_private();
	write_zero_device();
	write_memfd();
	write_segment();
	write_tmpfs();
	write_nameless();
	start_threads();
}

static void tell(void)
{
	int pagemap = pagemap_open();

	for (int i = 0; i < claimed; i++) {
		struct truth truth = { 0 };

		for (int j = 0; j < claimed; j++) {
			if (strcmp(claims[i].function, claims[j].function))
				continue;
			for (size_t k = 0; k < claims[j].pages; k++)
				truth.unfreed_blocks += pagemap_word(pagemap, claims[j].start + k * PAGE) >> 63;
		}
		protocol_truth(claims[i].function, &truth);
	}
	close(pagemap);
	protocol_truth_end();
	protocol_await();
	done = 1;
}

#ifdef __GLIBC__
static void on_fiber(void)
{
	write_on_fiber();
	tell();
}
#endif

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "";

	file = argc > 1 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;
	if (file < 0)
		return 2;
	/* What is mapped by now, code above all, comes into memory beforehand. */
	if (mlockall(MCL_CURRENT) == 0)
		munlockall();
	protocol_announce();
	protocol_await();
#ifdef __GLIBC__
	if (!strcmp(what, "fiber")) {
		fiber_area = map(200, 0);
		getcontext(&fiber);
		fiber.uc_stack.ss_sp = fiber_area;
		fiber.uc_stack.ss_size = 16 * PAGE;
		fiber.uc_link = &outside;
		makecontext(&fiber, on_fiber, 0);
		swapcontext(&outside, &fiber);
		return 0;
	}
	if (!strcmp(what, "marks")) {
		marks();
		tell();
		return 0;
	}
#endif
	if (!strcmp(what, "present"))
		write_present();
	else
		all();
	protocol_truth_begin();
	tell();
	return 0;
}
