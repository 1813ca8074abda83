/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Reads past the page cache (O_DIRECT): the kernel brings the buffer's pages itself, and no fault tells of it. What does
 * is that the resident set changes in a system call without a fault before; the call's arguments say where.
 */
#ifndef DIRECT_READS_BPF_H
#define DIRECT_READS_BPF_H

/* include/linux/mm_types_task.h */
#define MEMBER_ANONYMOUS	1
/* arch/x86/entry/syscalls/syscall_64.tbl */
#define CALL_READ		0
#define CALL_PREAD64		17
#define CALL_READV		19
#define CALL_IO_SUBMIT		209
#define CALL_PREADV		295
#define CALL_PREADV2		327
#define CALL_IO_URING_ENTER	426
#define CALL_IO_URING_REGISTER	427
/* include/uapi/linux/io_uring.h */
#define URING_READV		1
#define URING_READ		22
#define URING_REGISTER_BUFFERS	0
/* include/uapi/linux/aio_abi.h */
#define AIO_PREAD		0
#define AIO_PREADV		7
/* Of one call so many buffers are looked at. */
#define MAX_BUFFERS		1024

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
	__u64 at;		/* the only one, an array of struct iovec, or of pointers to struct iocb */
	__u64 length;		/* in bytes, or how many */
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

static __always_inline void buffers_of_call(struct buffers *buffers, struct pt_regs *regs, const struct task_mark *mark)
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
		if (mark->vectors)
			set_buffers(buffers, BUFFER_VECTORS, mark->buffer, mark->vectors);
		else if (mark->length)
			set_buffers(buffers, BUFFER_SINGLE, mark->buffer, mark->length);
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

/* Not again for each page of the same buffer. */
static __always_inline bool is_filled(struct task_mark *mark, __u64 task, struct page_range range)
{
	bool known = mark->task == task && mark->filled.first == range.first && mark->filled.end == range.end &&
		     mark->drops == fault_control.drops;

	mark->task = task;
	mark->filled = range;
	mark->drops = fault_control.drops;
	return known;
}

static __always_inline void direct_read(__u64 task, struct task_mark *mark, struct pt_regs *regs)
{
	struct buffers buffers = { 0 };
	struct fault_stats *row = fault_row();
	__u64 count_of;

	if (!row)
		return;
	buffers_of_call(&buffers, regs, mark);
	if (buffers.form == BUFFERS_NONE || is_filled(mark, task, buffer_at(&buffers, 0)))
		return;
	buffers.record = stack_record(row, regs) | PAGE_BUFFER;
	count_of = buffers.form == BUFFER_SINGLE ? 1 : buffers.length;
	bpf_loop(count_of < MAX_BUFFERS ? count_of : MAX_BUFFERS, fill_buffer, &buffers, 0);
	count(&row->lost, buffers.lost);
}

/*
 * A counter of the resident set changes. After a write to a page that was there, anonymous memory that becomes more
 * took the zero page's place: a copy replaces a page of the same kind, or of a file, which becomes less first.
 */
SEC("tp_btf/rss_stat")
int BPF_PROG(resident_changed, struct mm_struct *mm, int member)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 id = bpf_get_current_task();
	struct task_mark *mark;
	struct fault_stats *row;
	struct pt_regs *regs;
	__u64 call;

	if (!fault_control.phase || (__u64)task->mm != (__u64)mm || !is_target(task) || task->flags & PF_WITHOUT_USER)
		return 0;
	mark = mark_of(id);
	if (!mark)
		return 0;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	call = call_of(regs);
	if (mark->kind != MARK_NONE && mark->task == id && mark->call == call) {
		row = fault_row();
		if (row && mark->kind == MARK_REPLACES && member == MEMBER_ANONYMOUS)
			count(&row->zero, 1);
		mark->kind = MARK_NONE;
		return 0;
	}
	if (call && member == MEMBER_ANONYMOUS)
		direct_read(id, mark, regs);
	return 0;
}

/* A request of an io_uring begins; its submission may be one of many in a call. */
SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(request_submitted, struct io_kiocb *request)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 id = bpf_get_current_task();
	struct task_mark *mark;
	struct io_rw *read = (struct io_rw *)request;
	__u8 opcode;

	if (!fault_control.phase || (__u64)task->mm != fault_control.mm || task->flags & PF_WITHOUT_USER)
		return 0;
	mark = mark_of(id);
	if (!mark)
		return 0;
	opcode = BPF_CORE_READ(request, opcode);
	mark->task = id;
	mark->buffer = BPF_CORE_READ(read, addr);
	mark->length = opcode == URING_READ ? BPF_CORE_READ(read, len) : 0;
	mark->vectors = opcode == URING_READV ? BPF_CORE_READ(read, len) : 0;
	return 0;
}

#endif
