/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Faults that bring nothing: those of user code end in a signal, and what was recorded when they began is taken back.
 * Those of the kernel make a system call fail, of which nothing tells, so whether they may succeed is looked up before.
 */
#ifndef FAILED_FAULTS_BPF_H
#define FAILED_FAULTS_BPF_H

#include "last_faults.bpf.h"
#include "mapping_look.bpf.h"
#include "mapping_tree.bpf.h"

/* arch/x86/include/uapi/asm/signal.h */
#define SIGNAL_BUS  7
#define SIGNAL_SEGV 11
/* include/uapi/asm-generic/resource.h */
#define LIMIT_STACK 3

/* info is no pointer for some of the kernel's own signals (SEND_SIG_PRIV). */
SEC("tp_btf/signal_generate")
int BPF_PROG(fault_failed, int number, struct kernel_siginfo *info, struct task_struct *task)
{
	struct last_fault *fault;

	if (!fault_control.phase || (number != SIGNAL_SEGV && number != SIGNAL_BUS))
		return 0;
	/* Of a signal that a process sent the code is not positive. */
	if ((__u64)task != bpf_get_current_task() || BPF_CORE_READ(info, si_code) <= 0)
		return 0;
	fault = last_fault();
	if (!fault || !fault->overwritten.record ||
	    fault->overwritten.page != (__u64)BPF_CORE_READ(info, _sifields._sigfault._addr) >> PAGE_SHIFT)
		return 0;
	take_back(&fault->overwritten);
	fault->overwritten.record = 0;
	return 0;
}

/* Whether the main thread's stack may grow to this address, should nothing be mapped there. */
static __always_inline bool is_below_stack(struct task_struct *task, __u64 address)
{
	__u64 stack = BPF_CORE_READ(task, mm, start_stack);

	return address < stack && stack - address <= BPF_CORE_READ(task, signal, rlim[LIMIT_STACK].rlim_cur);
}

/*
 * Whether the kernel may use the page so (access_error in arch/x86/mm/fault.c). Yes, where that is not known: the kernel is
 * just changing mappings, or is older than Linux 6.1.
 */
static __always_inline bool may_succeed(struct task_struct *task, __u64 address, __u64 error_code)
{
	__u64 any_flag = error_code & FAULT_WRITE ? VM_WRITE_FLAG : VM_ACCESS_FLAGS;
	struct mapping_seen seen = { .flags = any_flag };
	int answer = access_to(address, any_flag);

	if (answer != ACCESS_UNKNOWN)
		return answer == ACCESS_ALLOWED;
	if (look_at_mapping(address, &seen) == -NO_ENTRY)
		return is_below_stack(task, address);
	return seen.flags & any_flag;
}

#endif
