/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Processes and threads by the numbers that the collector's PID namespace gives them. */
#ifndef TASK_BPF_H
#define TASK_BPF_H

#include "tables.bpf.h"

/* MAX_PID_NS_LEVEL of include/linux/pid_namespace.h. */
#define MAX_PID_NAMESPACES 32

/*
 * What the namespace calls it; 0: nothing. A task has a number in its own PID namespace and in each above: the
 * collector's may be any of them, or none.
 */
static __always_inline __u32 number_of(struct pid *pid)
{
	void *numbers = (void *)pid + bpf_core_field_offset(struct pid, numbers);
	__u32 level = BPF_CORE_READ(pid, level);
	struct upid upid;

	for (__u32 i = 0; i <= MAX_PID_NAMESPACES; i++) {
		if (i > level || bpf_probe_read_kernel(&upid, sizeof(upid), numbers + i * sizeof(upid)))
			return 0;
		if (BPF_CORE_READ(upid.ns, ns.inum) == config.pid_ns_ino)
			return upid.nr;
	}
	return 0;
}

/* What the namespace calls the process that a task is a thread of; 0: nothing. */
static __always_inline __u32 process_number(struct task_struct *task)
{
	return number_of(BPF_CORE_READ(task, group_leader, thread_pid));
}

/* Tables of what tasks do last have so many entries. */
#define TASK_SLOTS      2048
#define TASK_SLOT_SHIFT (64 - 11)

/* The entry of the task with this address, as a number, or of another one with the same hash. */
static __always_inline __u32 task_slot(__u64 task)
{
	return task * HASH_FACTOR >> TASK_SLOT_SHIFT;
}

/*
 * Whether a thread that ends is the last of its process; of threads that end at the same time several may be told so.
 * One that calls exec ends all others, but stays itself.
 */
static __always_inline bool is_last_thread(struct task_struct *task)
{
	return BPF_CORE_READ(task, signal, live.counter) == 0;
}

#endif
