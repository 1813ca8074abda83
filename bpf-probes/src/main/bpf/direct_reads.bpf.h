/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Reads past the page cache (O_DIRECT): the kernel brings the buffer's pages itself, and no fault tells of it. A block
 * device that is asked does, in the system call that reads; the call's arguments say where the buffers are.
 */
#ifndef DIRECT_READS_BPF_H
#define DIRECT_READS_BPF_H

#include "task.bpf.h"

/* include/linux/blk_types.h */
#define BIO_OPERATION 0xff
#define BIO_READ      0
/* arch/x86/entry/syscalls/syscall_64.tbl */
#define CALL_READ              0
#define CALL_PREAD64           17
#define CALL_READV             19
#define CALL_IO_SUBMIT         209
#define CALL_PREADV            295
#define CALL_PREADV2           327
#define CALL_IO_URING_ENTER    426
#define CALL_IO_URING_REGISTER 427
/* include/uapi/linux/io_uring.h */
#define URING_READV            1
#define URING_READ             22
#define URING_REGISTER_BUFFERS 0
/* include/uapi/linux/aio_abi.h */
#define AIO_PREAD  0
#define AIO_PREADV 7
/* Of one call so many buffers are looked at. */
#define MAX_BUFFERS 1024

/* What a thread reads. */
struct reader {
	__u64 task;
	__u64 buffer; /* of the io_uring request that was submitted last */
	__u64 length;
	__u64 vectors; /* that buffer is an array of so many struct iovec */
	/* The buffer that was filled last, and when. */
	struct page_range filled;
	__u64 drops;
};

/* By task_slot. Of two that share an entry one is forgotten: a buffer is filled twice, or one is missed. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TASK_SLOTS);
	__type(key, __u32);
	__type(value, struct reader);
} readers SEC(".maps");

/* The current task's. */
static __always_inline struct reader *current_reader(void)
{
	__u64 task = bpf_get_current_task();
	__u32 index = task_slot(task);
	struct reader *reader = bpf_map_lookup_elem(&readers, &index);

	if (reader && reader->task != task) {
		__builtin_memset(reader, 0, sizeof(*reader));
		reader->task = task;
	}
	return reader;
}

struct user_vector {
	__u64 base;
	__u64 length;
};

struct user_iocb {
	__u64 data;
	__u64 key_and_flags;
	__u16 opcode;
	__u16 priority;
	__u32 file;
	__u64 buffer;
	__u64 length;
};

/* Buffers as a system call was given them. */
struct buffers {
	__u64 at;     /* the only one, an array of struct iovec, or of pointers to struct iocb */
	__u64 length; /* in bytes, or how many */
	__u32 form;
	__u32 record;
	__u64 lost;
};

enum buffers_form {
	BUFFERS_NONE = 0,
	BUFFER_SINGLE,
	BUFFER_VECTORS,
	BUFFER_IOCBS,
};

static __always_inline void set_buffers(struct buffers *buffers, __u32 form, __u64 at, __u64 length)
{
	buffers->form = form;
	buffers->at = at;
	buffers->length = length;
}

static __always_inline void buffers_of_call(struct buffers *buffers, struct pt_regs *regs, const struct reader *reader)
{
	/* Read at once: the verifier wants each load to have one kind of pointer. */
	volatile __u64 second = PT_REGS_PARM2_SYSCALL(regs), third = PT_REGS_PARM3_SYSCALL(regs);
	volatile __u64 fourth = PT_REGS_PARM4_SYSCALL(regs), number = regs->orig_rax;

	switch (number) {
	case CALL_READ:
	case CALL_PREAD64:
		set_buffers(buffers, BUFFER_SINGLE, second, third);
		break;
	case CALL_READV:
	case CALL_PREADV:
	case CALL_PREADV2:
		set_buffers(buffers, BUFFER_VECTORS, second, third);
		break;
	case CALL_IO_SUBMIT:
		set_buffers(buffers, BUFFER_IOCBS, third, second);
		break;
	case CALL_IO_URING_ENTER:
		if (reader->vectors)
			set_buffers(buffers, BUFFER_VECTORS, reader->buffer, reader->vectors);
		else if (reader->length)
			set_buffers(buffers, BUFFER_SINGLE, reader->buffer, reader->length);
		break;
	case CALL_IO_URING_REGISTER:
		if ((__u32)second == URING_REGISTER_BUFFERS)
			set_buffers(buffers, BUFFER_VECTORS, third, (__u32)fourth);
		break;
	}
}

/* The pages of the index-th buffer; none when it is not one that is read into. */
static __always_inline struct page_range buffer_at(const struct buffers *buffers, __u32 index)
{
	struct page_range none = { 0 };
	struct user_vector vector = { 0 };
	struct user_iocb iocb = { 0 };
	__u64 pointer = 0;

	if (buffers->form == BUFFER_SINGLE)
		return pages_touched(buffers->at, buffers->length);
	if (buffers->form == BUFFER_IOCBS) {
		if (bpf_probe_read_user(&pointer, sizeof(pointer), (void *)(buffers->at + index * sizeof(pointer))) ||
		    bpf_probe_read_user(&iocb, sizeof(iocb), (void *)pointer))
			return none;
		if (iocb.opcode == AIO_PREAD)
			return pages_touched(iocb.buffer, iocb.length);
		/* Of several parts of one request the first. */
		if (iocb.opcode != AIO_PREADV)
			return none;
		pointer = iocb.buffer;
	} else {
		pointer = buffers->at + index * sizeof(vector);
	}
	if (bpf_probe_read_user(&vector, sizeof(vector), (void *)pointer))
		return none;
	return pages_touched(vector.base, vector.length);
}

static long fill_buffer(__u32 index, void *context)
{
	struct buffers *buffers = context;
	struct page_range range = buffer_at(buffers, index);

	if (range.first < range.end)
		buffers->lost += fill_records(range.first, range.end, buffers->record, FILL_BUFFER);
	return 0;
}

/* Not again for each part of the same read. */
static __always_inline bool is_filled(struct reader *reader, struct page_range range)
{
	bool known = reader->filled.first == range.first && reader->filled.end == range.end &&
		     reader->drops == fault_control.drops;

	reader->filled = range;
	reader->drops = fault_control.drops;
	return known;
}

/* The current task may be reading past the page cache. */
static __always_inline void direct_read(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	struct reader *reader = current_reader();
	struct fault_stats *row = fault_row();
	struct buffers buffers = { 0 };
	__u64 several;

	if (!row || !reader)
		return;
	buffers_of_call(&buffers, regs, reader);
	if (buffers.form == BUFFERS_NONE || is_filled(reader, buffer_at(&buffers, 0)))
		return;
	buffers.record = stack_record(row, regs) | PAGE_BUFFER;
	several = buffers.form == BUFFER_SINGLE ? 1 : buffers.length;
	bpf_loop(several < MAX_BUFFERS ? several : MAX_BUFFERS, fill_buffer, &buffers, 0);
	count(&row->lost, buffers.lost);
}

static __always_inline bool may_read(struct task_struct *task)
{
	return fault_control.phase && is_target(task) && !(task->flags & PF_WITHOUT_USER);
}

/* A block device is asked, by the thread that wants to know. */
SEC("tp_btf/block_bio_queue")
int BPF_PROG(block_read, struct bio *bio)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (may_read(task) && (bio->bi_opf & BIO_OPERATION) == BIO_READ)
		direct_read(task);
	return 0;
}

/* The buffers of an io_uring were registered, and brought at once. */
SEC("tp_btf/io_uring_register")
int BPF_PROG(buffers_registered)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (may_read(task))
		direct_read(task);
	return 0;
}

/* A request of an io_uring begins; it may be one of many in a call. */
SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(request_submitted, struct io_kiocb *request)
{
	struct io_rw *read = (struct io_rw *)request;
	struct reader *reader;
	__u8 opcode;

	if (!may_read(bpf_get_current_task_btf()))
		return 0;
	reader = current_reader();
	if (!reader)
		return 0;
	opcode = BPF_CORE_READ(request, opcode);
	reader->buffer = BPF_CORE_READ(read, addr);
	reader->length = opcode == URING_READ ? BPF_CORE_READ(read, len) : 0;
	reader->vectors = opcode == URING_READV ? BPF_CORE_READ(read, len) : 0;
	return 0;
}

#endif
