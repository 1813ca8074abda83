/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Writes to the zero page told from those to write-protected pages, where that is asked for: a fault says of both that
 * the page was there. Anonymous memory becomes more when the zero page is replaced; a copy takes the place of a page of the same
 * kind, or of a file's, which becomes less first.
 */
#ifndef ZERO_PAGES_BPF_H
#define ZERO_PAGES_BPF_H

#include "kernel.bpf.h"
#include "memstacks.h"
#include "pages.bpf.h"

/* include/linux/mm_types_task.h */
#define MEMBER_ANONYMOUS 1

#define TASK_MARKS      2048
#define TASK_MARK_SHIFT (64 - 11)

/* A thread's last fault. */
struct task_mark {
	__u64 task;
	__u64 call;     /* the system call that faulted, see call_of; 0 for a fault of user code */
	__u32 replaces; /* it writes to a page that is there, and nothing has changed since */
	__u32 reserved;
};

/* By hash of the task. Of two that share an entry one is forgotten: its write counts as one to another page. */
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

static __always_inline void mark_fault(struct task_struct *task, __u64 error_code)
{
	struct task_mark *mark;
	__u64 id;

	if (!fault_config.tells_zero)
		return;
	id = bpf_get_current_task();
	mark = mark_of(id);
	if (!mark)
		return;
	mark->task = id;
	mark->call = call_of((struct pt_regs *)bpf_task_pt_regs(task));
	mark->replaces = (error_code & FAULT_PRESENT) && (error_code & FAULT_WRITE);
}

/* A counter of some process's resident set changes. */
SEC("tp_btf/rss_stat")
int BPF_PROG(resident_changed, struct mm_struct *mm, int member)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 id = bpf_get_current_task();
	struct task_mark *mark;
	struct fault_stats *row;

	if (!fault_control.phase || (__u64)mm != fault_control.mm || task->flags & PF_WITHOUT_USER)
		return 0;
	mark = mark_of(id);
	if (!mark || mark->task != id || !mark->replaces ||
	    mark->call != call_of((struct pt_regs *)bpf_task_pt_regs(task)))
		return 0;
	mark->replaces = 0;
	row = fault_row();
	if (row && member == MEMBER_ANONYMOUS)
		count(&row->zero, 1);
	return 0;
}

#endif
