// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Holds a program that the collector started, so that its allocator can be probed before it allocates: at the first
 * instruction after each exec, and where its dynamic linker says that everything is mapped.
 */
#include "kernel.bpf.h"
#include "memstacks.h"
#include "tables.bpf.h"
#include "task.bpf.h"

/* include/uapi/asm-generic/signal.h, the same on x86. */
#define SIGSTOP 19

volatile struct launch_control launch SEC(".data.launch") = { 0 };

/* The collector starts nothing else while this is attached: its first child that executes something is it. */
SEC("raw_tp/sched_process_exec")
int hold_at_exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 number = process_number(task);

	if (!number)
		return 0;
	if (launch.child) {
		if (number != launch.child)
			return 0;
	} else if (process_number(BPF_CORE_READ(task, real_parent)) != launch.parent) {
		return 0;
	}
	launch.child = number;
	launch.execs++;
	bpf_send_signal(SIGSTOP);
	return 0;
}

SEC("uprobe")
int hold_here(struct pt_regs *ctx)
{
	bpf_send_signal(SIGSTOP);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
