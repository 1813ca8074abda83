// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Page faults of one address space: each page is attributed to the stack that brought it. Calls that unmap, move or
 * populate pages are followed at libc's functions, since they raise no fault.
 */
#include "kernel.bpf.h"
#include "memstacks.h"
#include "tables.bpf.h"
#include "stacks.bpf.h"
#include "task.bpf.h"
#include "page_records.bpf.h"

/* arch/x86/include/asm/trap_pf.h */
#define FAULT_PRESENT 0x1
#define FAULT_WRITE   0x2
/* include/linux/sched.h: tasks that never ran user code. */
#define PF_IO_WORKER    0x00000010
#define PF_USER_WORKER  0x00004000
#define PF_KTHREAD      0x00200000
#define PF_WITHOUT_USER (PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER)
/* User addresses end here at the latest (five levels of page tables). */
#define USER_BITS 56
/* arch/x86/entry/syscalls/syscall_64.tbl */
#define CALL_MUNMAP 11
/* In place of an address space's address: that of a process that has ended. */
#define NO_ADDRESS_SPACE (~0ull)

/* A row for each possible CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* config.cpus */
	__type(key, __u32);
	__type(value, struct fault_stats);
} fault_rows SEC(".maps");

static __always_inline struct fault_stats *fault_row(void)
{
	__u32 cpu = bpf_get_smp_processor_id() & (config.cpus - 1);

	return bpf_map_lookup_elem(&fault_rows, &cpu);
}

/* A thread of the process makes its address space known. */
static __always_inline void learn_target(struct task_struct *task)
{
	fault_control.tgid = task->tgid;
	fault_control.break_end = task->mm->brk;
	fault_control.mm = (__u64)task->mm;
}

/* Whether this task runs in the process's address space, which the process's first fault makes known at the latest. */
static __always_inline bool is_target(struct task_struct *task)
{
	__u64 mm = (__u64)task->mm;

	if (fault_control.mm)
		return mm == fault_control.mm;
	if (!mm || process_number(task) != fault_config.pid)
		return false;
	learn_target(task);
	return true;
}

#include "zero_pages.bpf.h"
#include "failed_faults.bpf.h"
#include "windows.bpf.h"

/* What a page's record says of this stack. */
static __always_inline __u32 record_of(struct fault_stats *row, struct walk *walk)
{
	__u32 stack = walk ? walk->head.stack : STACK_ID_NONE;

	if (walk)
		release(walk);
	if (stack == STACK_ID_NONE) {
		count(&row->no_stack, 1);
		return PAGE_NO_STACK;
	}
	return stack + 1;
}

static __always_inline void count_kind(struct fault_stats *row, __u64 error_code)
{
	bool present = error_code & FAULT_PRESENT;
	bool write = error_code & FAULT_WRITE;

	if (!present)
		count(write ? &row->writes : &row->reads, 1);
	else
		count(write ? &row->replaced : &row->protection, 1);
}

/*
 * Which record the fault takes the place of: whether it brings the page anew. Reading what is there does not. Of a page
 * that was not present and has a record it is not known: it went unseen, or the kernel looks who uses it (a NUMA hint,
 * which comes as often). While the last snapshot is taken, it may have seen the page as it was before; but the zero
 * page, which a write replaces, it does not count.
 */
static __always_inline __u32 replaced_by(__u64 error_code)
{
	bool writes = error_code & FAULT_WRITE;
	bool brings = error_code & FAULT_PRESENT ? writes : !fault_config.numa_hints;

	if (fault_control.phase != FAULTS_RECORDED)
		return writes ? FILL_READ : FILL_MISSING;
	return brings ? FILL_ALL : FILL_MISSING;
}

/*
 * A write to what is there, in memory that is not copied for it: the kernel merely wants to know of the first one. Not told
 * before Linux 6.1.
 */
static __always_inline bool is_only_noticed(struct task_struct *task, __u64 address, __u64 error_code)
{
	__u64 kind = FAULT_PRESENT | FAULT_WRITE;

	return (error_code & kind) == kind && bpf_core_field_exists(task->mm->mm_mt) &&
	       access_to(address, VM_SHARED_FLAG) == ACCESS_ALLOWED;
}

static __always_inline __u32 stack_record(struct fault_stats *row, struct pt_regs *regs)
{
	struct stats *stats = stats_row();
	struct walk *walk = NULL;

	if (stats)
		walk = take_stack(stats, PT_REGS_IP(regs), PT_REGS_SP(regs), PT_REGS_FP(regs), HOOK_FAULT);
	return record_of(row, walk);
}

/* regs are the user's; NULL in a thread of the kernel. */
static __always_inline void record_fault(struct fault_stats *row, struct pt_regs *regs, __u64 address, __u64 error_code)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct overwritten *overwritten = note_fault(task, address, error_code);
	__u32 kind = error_code & (FAULT_PRESENT | FAULT_WRITE);
	__u32 read = kind ? 0 : PAGE_READ;
	/* In place of what was there, the zero page or one that is copied; but for a huge zero page, its page alone. */
	__u32 again = kind == (FAULT_PRESENT | FAULT_WRITE) ? PAGE_AGAIN : 0;
	__u32 record;

	count_kind(row, error_code);
	if (is_only_noticed(task, address, error_code))
		return;
	record = regs ? stack_record(row, regs) : PAGE_WORKER;
	if (!set_record(address >> PAGE_SHIFT, record | read | again, replaced_by(error_code), overwritten))
		count(&row->lost, 1);
	if (read)
		mark_window(address >> PAGE_SHIFT, record | read);
}

SEC("tp_btf/page_fault_user")
int BPF_PROG(user_fault, unsigned long address, struct pt_regs *regs, unsigned long error_code)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fault_stats *row;

	if (!fault_control.phase || !is_target(task) || address >> USER_BITS)
		return 0;
	row = fault_row();
	if (!row)
		return 0;
	count(&row->user, 1);
	record_fault(row, regs, address, error_code);
	return 0;
}

/* A fault that the kernel takes on the process's memory: in a system call its stack is that of the call. */
SEC("tp_btf/page_fault_kernel")
int BPF_PROG(kernel_fault, unsigned long address, struct pt_regs *kernel_regs, unsigned long error_code)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fault_stats *row;
	struct pt_regs *regs = NULL;

	/* With faults disabled no page is brought; what needs it faults once more. */
	if (!fault_control.phase || address >> USER_BITS || !is_target(task) || task->pagefault_disabled)
		return 0;
	row = fault_row();
	if (!row)
		return 0;
	count(&row->kernel, 1);
	if (!may_succeed(task, address, error_code))
		return 0;
	if (!(task->flags & PF_WITHOUT_USER))
		regs = (struct pt_regs *)bpf_task_pt_regs(task);
	record_fault(row, regs, address, error_code);
	return 0;
}

/*
 * Another program takes the process's place, and its pages with it: what is recorded stays as it is. Before the window the
 * address space is not known any more.
 */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(executed, struct task_struct *task)
{
	if (!fault_control.tgid || (__u32)task->tgid != fault_control.tgid)
		return 0;
	if (!fault_control.phase) {
		fault_control.mm = 0;
		return 0;
	}
	fault_control.phase = FAULTS_IGNORED;
	fault_control.execs = 1;
	return 0;
}

/* Its number may be another process's from here on, and the place of its address space another one's: nobody is it. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(ended, struct task_struct *task)
{
	if (is_last_thread(task) && process_number(task) == fault_config.pid) {
		fault_control.tgid = 0;
		fault_control.mm = NO_ADDRESS_SPACE;
	}
	return 0;
}

#include "mapping_calls.bpf.h"

/*
 * The kernel has changed mappings of this address space, and nobody else can before it has given the lock back. What
 * munmap was to unmap and is not mapped went: the kernel's own list tells, also where it refused. In place of munmap's
 * probe, and of any other caller's.
 */
SEC("tp_btf/mmap_lock_released")
int BPF_PROG(mappings_changed, struct mm_struct *mm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct page_range range;
	struct pt_regs *regs;

	/* Every process comes here: who it is is asked last. */
	if (fault_control.phase != FAULTS_RECORDED || task->mm != mm || task->flags & PF_WITHOUT_USER)
		return 0;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	if (regs->orig_rax != CALL_MUNMAP || !is_target(task))
		return 0;
	range = pages_of(regs->rdi, regs->rsi);
	if (range.first < range.end)
		drop_unmapped(range.first, range.end, true);
	return 0;
}

#include "direct_reads.bpf.h"
#include "threads.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
