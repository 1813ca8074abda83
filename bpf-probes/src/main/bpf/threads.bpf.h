/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Where the control blocks of the process's threads lie: what their FS base is, which on x86-64 is the thread pointer.
 * Read when the collector asks for it, while the threads go on; that of a thread that runs is as of when it was last
 * switched, and threads keep theirs as long as they live. The first look makes the process's address space known, also for
 * what others that share it (CLONE_VM) bring before the process itself faults.
 */
#ifndef THREADS_BPF_H
#define THREADS_BPF_H

#include "kernel.bpf.h"
#include "memstacks.h"
#include "task.bpf.h"

SEC("iter/task")
int thread_pointers(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	__u64 pointer;

	if (!task || process_number(task) != fault_config.pid)
		return 0;
	if (!fault_control.mm && task->mm)
		learn_target(task);
	pointer = task->thread.fsbase;
	bpf_seq_write(ctx->meta->seq, &pointer, sizeof(pointer));
	return 0;
}

#endif
