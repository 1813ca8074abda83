/*
 * Pages that come by other ways than a fault of the program's own code: reads past the page cache by pread, libaio and
 * io_uring, and buffered ones by io_uring's workers; and pages that were there and are written to: the zero page, and
 * copies after a fork. The truth, from /proc/self/pagemap: pages in memory as blocks not freed; none by a way that the
 * machine lacks.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <linux/magic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "pagemap.h"
#include "protocol.h"

#define FILE_PAGES 256
#define PARTS      4

#define WORK __attribute__((noinline)) static

static int direct = -1;
static int buffered = -1;

static char *map(size_t pages)
{
	char *start = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (start == MAP_FAILED)
		_exit(2);
	madvise(start, pages * PAGE, MADV_NOHUGEPAGE);
	return start;
}

static void tell(const char *function, const char *start, size_t pages)
{
	int pagemap = pagemap_open();
	struct truth truth = { 0 };

	for (size_t i = 0; start && i < pages; i++)
		truth.unfreed_blocks += pagemap_word(pagemap, start + i * PAGE) >> 63;
	close(pagemap);
	protocol_truth(function, &truth);
}

/* Not in memory alone, where no device is asked. */
static void open_files(void)
{
	static char content[FILE_PAGES * PAGE];
	char path[] = "/tmp/directread-XXXXXX";
	struct statfs system;

	buffered = mkstemp(path);
	if (buffered < 0 || write(buffered, content, sizeof(content)) != (ssize_t)sizeof(content) || fsync(buffered))
		_exit(2);
	if (!fstatfs(buffered, &system) && system.f_type != TMPFS_MAGIC)
		direct = open(path, O_RDONLY | O_DIRECT);
	unlink(path);
}

WORK char *read_direct(size_t pages)
{
	char *p = map(pages);

	return pread(direct, p, pages * PAGE, 0) == (ssize_t)(pages * PAGE) ? p : NULL;
}

/* The same addresses once more: what was read before went. */
WORK char *read_direct_again(char *p, size_t pages)
{
	madvise(p, pages * PAGE, MADV_DONTNEED);
	return pread(direct, p, pages * PAGE, 0) == (ssize_t)(pages * PAGE) ? p : NULL;
}

/* A page that was touched before is the toucher's, even within the buffer. */
WORK void touch_within(char *p)
{
	*(volatile char *)p = 1;
}

WORK void read_around(char *p, size_t pages)
{
	if (pread(direct, p, pages * PAGE, 0) != (ssize_t)(pages * PAGE))
		_exit(2);
}

WORK char *read_by_aio(size_t pages)
{
	aio_context_t context = 0;
	struct io_event events[PARTS];
	struct iocb requests[PARTS] = { 0 };
	struct iocb *pointers[PARTS];
	char *p = map(PARTS * pages);

	if (syscall(SYS_io_setup, PARTS, &context))
		return NULL;
	for (int i = 0; i < PARTS; i++) {
		requests[i].aio_lio_opcode = IOCB_CMD_PREAD;
		requests[i].aio_fildes = (uint32_t)direct;
		requests[i].aio_buf = (uintptr_t)(p + (size_t)i * pages * PAGE);
		requests[i].aio_nbytes = pages * PAGE;
		pointers[i] = &requests[i];
	}
	if (syscall(SYS_io_submit, context, PARTS, pointers) != PARTS ||
	    syscall(SYS_io_getevents, context, PARTS, PARTS, events, NULL) != PARTS)
		p = NULL;
	syscall(SYS_io_destroy, context);
	return p;
}

struct ring {
	int file;
	char *submitted;
	char *completed;
	struct io_uring_sqe *entries;
	struct io_uring_params params;
};

static struct ring ring = { .file = -1 };

static void open_ring(void)
{
	struct io_uring_params *params = &ring.params;

	ring.file = (int)syscall(SYS_io_uring_setup, 4, params);
	if (ring.file < 0)
		return;
	ring.submitted = mmap(NULL, params->sq_off.array + params->sq_entries * 4, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_POPULATE, ring.file, IORING_OFF_SQ_RING);
	ring.completed = mmap(NULL, params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe),
			      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.file, IORING_OFF_CQ_RING);
	ring.entries = mmap(NULL, params->sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_POPULATE, ring.file, IORING_OFF_SQES);
	if (ring.submitted == MAP_FAILED || ring.completed == MAP_FAILED || ring.entries == MAP_FAILED)
		_exit(2);
}

/* One request, and its end. */
static int uring(int operation, int flags, int file, void *buffer, unsigned int length)
{
	unsigned int *tail = (void *)(ring.submitted + ring.params.sq_off.tail);
	unsigned int mask = *(unsigned int *)(ring.submitted + ring.params.sq_off.ring_mask);
	unsigned int *head = (void *)(ring.completed + ring.params.cq_off.head);
	struct io_uring_cqe *results = (void *)(ring.completed + ring.params.cq_off.cqes);
	unsigned int at = *tail & mask, done;

	memset(&ring.entries[at], 0, sizeof(*ring.entries));
	ring.entries[at].opcode = (uint8_t)operation;
	ring.entries[at].flags = (uint8_t)flags;
	ring.entries[at].fd = file;
	ring.entries[at].addr = (uintptr_t)buffer;
	ring.entries[at].len = length;
	((unsigned int *)(ring.submitted + ring.params.sq_off.array))[at] = at;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring.file, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return -1;
	done = *head & *(unsigned int *)(ring.completed + ring.params.cq_off.ring_mask);
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return results[done].res;
}

WORK char *read_by_uring(size_t pages)
{
	char *p = map(pages);

	return uring(IORING_OP_READ, 0, direct, p, (unsigned int)(pages * PAGE)) > 0 ? p : NULL;
}

WORK char *read_parts_by_uring(size_t pages)
{
	char *p = map(2 * pages);
	struct iovec parts[2] = { { p + pages * PAGE, pages * PAGE }, { p, pages * PAGE } };

	return uring(IORING_OP_READV, 0, direct, parts, 2) > 0 ? p : NULL;
}

WORK char *register_buffers(size_t pages)
{
	char *p = map(pages);
	struct iovec buffer = { p, pages * PAGE };

	return syscall(SYS_io_uring_register, ring.file, IORING_REGISTER_BUFFERS, &buffer, 1) ? NULL : p;
}

WORK char *read_by_worker(size_t pages)
{
	char *p = map(pages);

	return uring(IORING_OP_READ, IOSQE_ASYNC, buffered, p, (unsigned int)(pages * PAGE)) > 0 ? p : NULL;
}

WORK void read_pages(char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		(void)((volatile char *)p)[i * PAGE];
}

WORK void write_pages(char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		((volatile char *)p)[i * PAGE] = 1;
}

static void copy_after_fork(char *p, size_t pages)
{
	int gate[2];
	char end;
	pid_t child;

	if (pipe(gate))
		_exit(2);
	child = fork();
	if (child == 0) {
		close(gate[1]);
		_exit(read(gate[0], &end, 1) != 0);
	}
	write_pages(p, pages);
	close(gate[1]);
	close(gate[0]);
	waitpid(child, NULL, 0);
}

int main(void)
{
	char *zeroes = map(700), *copied = map(900), *mixed = map(40), *p;

	open_files();
	open_ring();
	read_pages(zeroes, 700);
	write_pages(copied, 900);
	protocol_announce();
	protocol_await();
	write_pages(zeroes, 700);
	copy_after_fork(copied, 900);
	protocol_truth_begin();
	tell("write_pages", zeroes, 700);
	p = direct < 0 ? NULL : read_direct(100);
	tell("read_direct_again", p ? read_direct_again(p, 100) : NULL, 100);
	if (direct >= 0) {
		touch_within(mixed + 17 * PAGE);
		read_around(mixed, 40);
		tell("touch_within", mixed + 17 * PAGE, 1);
	}
	tell("read_around", direct < 0 ? NULL : mixed + PAGE, 39);
	tell("read_by_aio", direct < 0 ? NULL : read_by_aio(16), PARTS * 16);
	tell("read_by_uring", direct < 0 || ring.file < 0 ? NULL : read_by_uring(60), 60);
	tell("read_parts_by_uring", direct < 0 || ring.file < 0 ? NULL : read_parts_by_uring(20), 40);
	tell("register_buffers", ring.file < 0 ? NULL : register_buffers(50), 50);
	tell("read_by_worker", ring.file < 0 ? NULL : read_by_worker(70), 70);
	protocol_truth_end();
	protocol_await();
	return 0;
}
