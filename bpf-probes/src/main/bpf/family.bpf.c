// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Tells of the children, and theirs, that processes fork: when each began, became another program, and ended. */
#include "kernel.bpf.h"
#include "memstacks.h"
#include "tables.bpf.h"
#include "task.bpf.h"

volatile struct family_control family_control SEC(".data.family") = { 0 };

/* Who belongs to it, by number. Full: children are not taken in, which is counted. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, FAMILY_MEMBERS);
	__type(key, __u32);
	__type(value, __u64);
} family SEC(".maps");

/* Full: the oldest are overwritten, which their numbers tell. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FAMILY_EVENTS);
	__type(key, __u32);
	__type(value, struct family_event);
} family_events SEC(".maps");

static __always_inline void tell(__u32 kind, __u32 process, __u32 parent)
{
	__u64 before = __sync_fetch_and_add(&family_control.events, 1);
	__u32 place = before & (FAMILY_EVENTS - 1);
	struct family_event *event = bpf_map_lookup_elem(&family_events, &place);

	if (!event)
		return;
	event->number = 0;
	event->nanos = bpf_ktime_get_ns();
	event->kind = kind;
	event->process = process;
	event->parent = parent;
	publish(&event->number, before + 1);
}

SEC("raw_tp/sched_process_fork")
int family_fork(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *parent = (void *)ctx->args[0];
	struct task_struct *child = (void *)ctx->args[1];
	__u32 from, process;
	__u64 taken = 1;

	if (BPF_CORE_READ(child, tgid) == BPF_CORE_READ(parent, tgid))
		return 0;
	from = process_number(parent);
	if (!from || !bpf_map_lookup_elem(&family, &from))
		return 0;
	process = number_of(BPF_CORE_READ(child, thread_pid));
	if (!process || bpf_map_update_elem(&family, &process, &taken, BPF_ANY)) {
		count((__u64 *)&family_control.unfollowed, 1);
		return 0;
	}
	tell(BPF_CORE_READ(child, mm) == BPF_CORE_READ(parent, mm) ? FAMILY_BORROWS : FAMILY_FORKED, process, from);
	return 0;
}

SEC("raw_tp/sched_process_exec")
int family_exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 process = process_number(task);

	if (process && bpf_map_lookup_elem(&family, &process))
		tell(FAMILY_EXECED, process, 0);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int family_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 process;

	/* Of a process's threads the last one counts. */
	if (!is_last_thread(task))
		return 0;
	process = process_number(task);
	if (process && !bpf_map_delete_elem(&family, &process))
		tell(FAMILY_ENDED, process, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
