/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Each thread's last fault, for what becomes known of it afterwards. */
#ifndef LAST_FAULTS_BPF_H
#define LAST_FAULTS_BPF_H

#include "kernel.bpf.h"
#include "memstacks.h"
#include "page_records.bpf.h"
#include "task.bpf.h"

struct last_fault {
	__u64 task;
	__u64 call;     /* the system call that faulted, see call_of; 0 for a fault of user code; with tells_zero */
	__u32 replaces; /* it writes to a page that is there, and nothing has changed since; likewise */
	__u32 reserved;
	struct overwritten overwritten;
};

/*
 * By task_slot. Of two that share an entry one is forgotten: its write counts as one to another page than the
 * zero page, and its record stays, should it fail.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TASK_SLOTS);
	__type(key, __u32);
	__type(value, struct last_fault);
} last_faults SEC(".maps");

/* Of the task with this address, as a number, or of another one. */
static __always_inline struct last_fault *last_fault_of(__u64 task)
{
	__u32 index = task_slot(task);

	return bpf_map_lookup_elem(&last_faults, &index);
}

/* The current task's; NULL: not known. */
static __always_inline struct last_fault *last_fault(void)
{
	__u64 task = bpf_get_current_task();
	struct last_fault *fault = last_fault_of(task);

	return fault && fault->task == task ? fault : NULL;
}

/* Which system call a thread is in, by where it was made from; 0 in none. */
static __always_inline __u64 call_of(struct pt_regs *regs)
{
	return (long)regs->orig_rax < 0 ? 0 : ((regs->rsp << 16) ^ regs->rip) | 1;
}

/* The current task faults. */
static __always_inline struct overwritten *note_fault(struct task_struct *task, __u64 address, __u64 error_code)
{
	__u64 id = bpf_get_current_task();
	struct last_fault *fault = last_fault_of(id);

	if (!fault)
		return NULL;
	fault->task = id;
	fault->overwritten.page = address >> PAGE_SHIFT;
	fault->overwritten.record = 0;
	if (fault_config.tells_zero && !(task->flags & PF_WITHOUT_USER)) {
		fault->call = call_of((struct pt_regs *)bpf_task_pt_regs(task));
		fault->replaces = (error_code & FAULT_PRESENT) && (error_code & FAULT_WRITE);
	}
	return &fault->overwritten;
}

#endif
