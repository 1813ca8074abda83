/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What each thread's last fault was, so that a change of the resident set that follows it is told from one that no
 * fault announced.
 */
#ifndef FAULT_MARKS_BPF_H
#define FAULT_MARKS_BPF_H

#include "kernel.bpf.h"
#include "memstacks.h"
#include "pages.bpf.h"

#define TASK_MARKS	2048
#define TASK_MARK_SHIFT	(64 - 11)

enum mark_kind {
	MARK_NONE = 0,		/* its change was seen, or there was none */
	MARK_FAULT = 1,
	MARK_REPLACES = 2,	/* a write to a page that was there */
};

struct task_mark {
	__u64 task;
	__u64 call;		/* the system call that faulted, see call_of; 0 for a fault of user code */
	__u32 kind;
	__u32 vectors;		/* buffer is an array of so many struct iovec */
	__u64 buffer;		/* of the io_uring request that was submitted last */
	__u64 length;
	/* The buffer that was filled last, and when. */
	struct page_range filled;
	__u64 drops;
};

/* By hash of the task. Of two that share an entry one is forgotten, and its next change counts as unannounced. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TASK_MARKS);
	__type(key, __u32);
	__type(value, struct task_mark);
} task_marks SEC(".maps");

/* Of the task with this address, as a number. */
static __always_inline struct task_mark *mark_of(__u64 task)
{
	__u32 index = task * 0x9e3779b97f4a7c15ull >> TASK_MARK_SHIFT;

	return bpf_map_lookup_elem(&task_marks, &index);
}

/* Which system call a thread is in, by where it was made from; 0 in none. */
static __always_inline __u64 call_of(struct pt_regs *regs)
{
	return (long)regs->orig_rax < 0 ? 0 : ((regs->rsp << 16) ^ regs->rip) | 1;
}

static __always_inline void mark_fault(__u64 call, __u32 kind)
{
	__u64 task = bpf_get_current_task();
	struct task_mark *mark = mark_of(task);

	if (!mark)
		return;
	mark->task = task;
	mark->call = call;
	mark->kind = kind;
}

#endif
