/*
 * Pages that others than the process's own faults bring: another process writes them (process_vm_writev, ptrace), or
 * userfaultfd copies them, asked for by a fault or not. And pages of which the kernel thinks in its own way: huge ones
 * made of small ones (MADV_COLLAPSE), ones that it may take back (MADV_FREE) or merge (MADV_MERGEABLE), and a memfd's.
 * What stayed is taken from /proc/self/pagemap.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "claims.h"
#include "protocol.h"

#define HUGE_PAGES 512ul

#define WORK __attribute__((noinline)) static void

static inline __attribute__((always_inline)) void write_pages(char *start, size_t pages, size_t step)
{
	for (size_t i = 0; i < pages; i += step)
		((volatile char *)start)[i * PAGE] = 1;
}

WORK written_by_another(void)
{
	char *p = map(50, 0);
	pid_t self = getpid();

	if (fork() == 0) {
		struct iovec from = { map(50, MAP_POPULATE), 50 * PAGE }, to = { p, 50 * PAGE };

		_exit(process_vm_writev(self, &from, 1, &to, 1, 0) < 0);
	}
	wait(NULL);
	claim(__func__, p, 50);
}

WORK written_by_debugger(void)
{
	char *p = map(20, 0);
	pid_t self = getpid();

	if (fork() == 0) {
		if (ptrace(PTRACE_ATTACH, self, NULL, NULL) || waitpid(self, NULL, __WALL) != self)
			_exit(1);
		for (size_t i = 0; i < 20; i++)
			ptrace(PTRACE_POKEDATA, self, p + i * PAGE, 1L);
		ptrace(PTRACE_DETACH, self, NULL, NULL);
		_exit(0);
	}
	wait(NULL);
	claim(__func__, p, 20);
}

static char *source;

static int registered(char *start, size_t pages)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = {
		.range = { (uintptr_t)start, pages * PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	if (faults < 0 || ioctl(faults, UFFDIO_API, &api) || ioctl(faults, UFFDIO_REGISTER, &area))
		return -1;
	return faults;
}

static void copy_to(int faults, uintptr_t at)
{
	struct uffdio_copy copy = { .dst = at, .src = (uintptr_t)source, .len = PAGE };

	ioctl(faults, UFFDIO_COPY, &copy);
}

WORK copied_unasked(void)
{
	char *p = map(30, 0);
	int faults = registered(p, 30);

	for (size_t i = 0; i < 30 && faults >= 0; i++)
		copy_to(faults, (uintptr_t)p + i * PAGE);
	claim(__func__, p, 30);
}

static void *serve(void *faults)
{
	struct uffd_msg message;

	for (;;) {
		if (read((int)(intptr_t)faults, &message, sizeof(message)) == sizeof(message))
			copy_to((int)(intptr_t)faults, message.arg.pagefault.address & ~(PAGE - 1));
	}
	return NULL;
}

/* The thread that serves faults, with its stack, is there before the window. */
static char *served;

static void before_copied(void)
{
	static char stack[64 << 10] __attribute__((aligned(4096)));
	pthread_attr_t attributes;
	pthread_t thread;
	int faults;

	served = map(25, 0);
	faults = registered(served, 25);
	pthread_attr_init(&attributes);
	pthread_attr_setstack(&attributes, stack, sizeof(stack));
	if (faults >= 0 && pthread_create(&thread, &attributes, serve, (void *)(intptr_t)faults))
		_exit(2);
}

WORK copied_at_a_fault(void)
{
	write_pages(served, 25, 1);
	claim(__func__, served, 25);
}

WORK made_huge(void)
{
	char *p = map(2 * HUGE_PAGES, 0);

	p = (char *)(((uintptr_t)p + HUGE_PAGES * PAGE - 1) & ~(HUGE_PAGES * PAGE - 1));
	madvise(p, HUGE_PAGES * PAGE, MADV_NOHUGEPAGE);
	write_pages(p, HUGE_PAGES, 2);
	madvise(p, HUGE_PAGES * PAGE, MADV_HUGEPAGE);
	madvise(p, HUGE_PAGES * PAGE, 25 /* MADV_COLLAPSE, Linux 6.1 */);
	claim(__func__, p, HUGE_PAGES);
}

WORK may_be_taken_back(void)
{
	char *p = map(40, 0);

	write_pages(p, 40, 1);
	madvise(p, 40 * PAGE, MADV_FREE);
	claim(__func__, p, 40);
}

WORK may_be_merged(void)
{
	char *p = map(64, 0);

	madvise(p, 64 * PAGE, MADV_MERGEABLE);
	write_pages(p, 64, 1);
	claim(__func__, p, 64);
}

WORK keep_memfd(void)
{
	int file = memfd_create("kept", MFD_CLOEXEC);
	char *p = mmap(NULL, 33 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	if (ftruncate(file, 33 * PAGE))
		_exit(2);
	write_pages(p, 33, 1);
	claim(__func__, p, 33);
}

static long long resident(const struct claim *claim)
{
	int pagemap = pagemap_open();
	long long count = 0;

	for (size_t i = 0; i < claim->pages; i++)
		count += pagemap_word(pagemap, claim->start + i * PAGE) >> 63;
	close(pagemap);
	return count;
}

int main(void)
{
	source = map(1, MAP_POPULATE);
	/* Any process may be our debugger, where the system restricts it. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	if (mlockall(MCL_CURRENT) == 0)
		munlockall();
	before_copied();
	protocol_announce();
	protocol_await();
	written_by_another();
	written_by_debugger();
	copied_unasked();
	copied_at_a_fault();
	made_huge();
	may_be_taken_back();
	may_be_merged();
	keep_memfd();
	protocol_truth_begin();
	for (int i = 0; i < claimed; i++) {
		struct truth truth = { .unfreed_blocks = resident(&claims[i]) };

		protocol_truth(claims[i].function, &truth);
	}
	protocol_truth_end();
	protocol_await();
	return 0;
}
