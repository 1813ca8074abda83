/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A return probe that would end the process. The kernel tells which calls with a replaced return address were left
 * (longjmp) by the stack pointer: those whose frame lies below that of a new such call (arch_uretprobe_is_alive in
 * arch/x86/kernel/uprobes.c). A signal handler whose stack (sigaltstack) lies above the one it interrupted is taken for
 * that; the interrupted function then returns to an address that the kernel has forgotten.
 */
#ifndef OUTER_CALL_BPF_H
#define OUTER_CALL_BPF_H

#include "kernel.bpf.h"

/* As on_sig_stack in include/linux/sched/signal.h. A handler's stack that is disarmed (SS_AUTODISARM) is not known. */
static __always_inline bool lies_on(__u64 sp, __u64 base, __u64 size)
{
	return sp > base && sp - base <= size;
}

/*
 * To be asked at a function's entry. A session program that returns 1 then keeps the kernel from replacing the return
 * address (handler_chain in kernel/events/uprobes.c), and so from looking for calls that were left.
 */
static __always_inline bool return_probe_harms(struct pt_regs *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 sp = PT_REGS_SP(ctx), base = task->sas_ss_sp, size = task->sas_ss_size, outer;

	if (!lies_on(sp, base, size))
		return false;
	outer = BPF_CORE_READ(task, utask, return_instances, stack);
	return outer && outer <= sp && !lies_on(outer, base, size);
}

#endif
