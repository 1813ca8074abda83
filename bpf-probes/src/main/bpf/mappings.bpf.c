// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Calls by which a process maps and unmaps memory, each told to the collector, which keeps the account. Loaded only when
 * asked for; configuration, control block and stacks are those of memstacks.bpf.c, whose maps it shares.
 */
#include "kernel.bpf.h"
#include "memstacks.h"
#include "tables.bpf.h"
#include "stacks.bpf.h"
#include "hook.bpf.h"
#include "mapping_entry.bpf.h"

/* Full: counted as events_lost, after which the account is not to be relied on. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* set before load */
} mapping_events SEC(".maps");

volatile struct mapping_control mapping_control SEC(".data.mappings") = { 0 };

static __always_inline __u64 heap_end(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, mm, brk);
}

/* A function of its own, so that the type information knows the event. */
static __noinline void send(struct mapping_event *event, __u64 entry_sp)
{
	struct mapping_event *place = bpf_ringbuf_reserve(&mapping_events, sizeof(*place), 0);

	if (!place) {
		__sync_fetch_and_add(&mapping_control.events_lost, 1);
		return;
	}
	event->thread = (__u32)bpf_get_current_pid_tgid();
	event->execs = control.execs;
	event->sp = entry_sp;
	*place = *event;
	/* The collector looks by itself. */
	bpf_ringbuf_submit(place, BPF_RB_NO_WAKEUP);
}

/* Something new is mapped: by whom, and when. ctx holds the caller's registers. */
static __always_inline void sign(struct mapping_event *event, struct pt_regs *ctx, __u16 hook)
{
	struct stats *stats = stats_row();
	struct walk *walk;

	event->born = bpf_ktime_get_ns() >> LIVE_BORN_SHIFT;
	event->counted = control.active == WINDOW_OPEN && thread_wanted();
	event->stack = STACK_ID_NONE;
	if (!event->counted || !stats)
		return;
	walk = take_stack(stats, PT_REGS_IP(ctx), PT_REGS_SP(ctx), PT_REGS_FP(ctx), hook);
	if (walk) {
		event->stack = walk->head.stack;
		release(walk);
	}
	if (event->stack == STACK_ID_NONE)
		__sync_fetch_and_add(&mapping_control.no_stack, 1);
}

/* What goes is told before it goes: at the return another thread may have mapped anew there. */
static __always_inline void tell_begin(__u32 op, const struct mapping_call *call, __u64 entry_sp)
{
	struct mapping_event event = {
		.kind = op == MAPPING_UNMAP ? EVENT_UNMAPPING : EVENT_MOVING,
		.address = call->argument[0],
		.length = call->argument[1],
		.flags = op == MAPPING_UNMAP ? 0 : call->argument[3],
		.stack = STACK_ID_NONE,
	};

	send(&event, entry_sp);
}

/* ctx holds the caller's registers, the result in the return register. */
static __always_inline void tell_end(struct pt_regs *ctx, __u32 op, __u16 hook, const struct mapping_call *call,
				     __u64 entry_sp)
{
	struct mapping_event event = { .kind = EVENT_FAILED, .stack = STACK_ID_NONE };
	__u64 result = PT_REGS_RC(ctx);

	switch (op) {
	case MAPPING_MAP:
		if (result == CALL_FAILED)
			return;
		event.kind = EVENT_MAPPED;
		event.address = result;
		event.length = call->argument[1];
		event.flags = call->argument[3];
		break;
	case MAPPING_UNMAP:
		if (!(__u32)result)
			return;
		break;
	case MAPPING_REMAP:
		if (result == CALL_FAILED)
			break;
		event.kind = EVENT_MOVED;
		event.address = result;
		event.length = call->argument[2];
		event.flags = call->argument[3];
		break;
	case MAPPING_BREAK:
		event.address = heap_end();
		event.length = call->argument[1];
		if (event.address == event.length)
			return;
		event.kind = EVENT_BREAK;
		break;
	default:
		return;
	}
	if (event.kind != EVENT_FAILED)
		sign(&event, ctx, hook);
	send(&event, entry_sp);
}

/* True when the return is wanted. */
static __always_inline bool mapping_begins(struct pt_regs *ctx, __u64 hook, bool returns)
{
	struct mapping_call call = mapping_call_of(ctx);
	__u32 op = hook & 0xff;
	struct mapping_call_key key = mapping_call_key_of(op, PT_REGS_SP(ctx));

	if (!control.active)
		return false;
	__sync_fetch_and_add(&mapping_control.calls, 1);
	if (op == MAPPING_BREAK)
		call.argument[1] = heap_end();
	if (!returns && op == MAPPING_UNMAP)
		tell_begin(op, &call, key.sp);
	if (!returns || bpf_map_update_elem(&mapping_calls, &key, &call, BPF_ANY)) {
		__sync_fetch_and_add(&mapping_control.calls_lost, 1);
		return false;
	}
	if (op == MAPPING_UNMAP || op == MAPPING_REMAP)
		tell_begin(op, &call, key.sp);
	return true;
}

static __always_inline void mapping_ends(struct pt_regs *ctx, __u64 hook)
{
	struct mapping_call_key key = mapping_call_key_of(hook & 0xff, PT_REGS_SP(ctx) - CALL_RETURN_BYTES);
	struct mapping_call *kept = bpf_map_lookup_elem(&mapping_calls, &key);
	struct mapping_call call;

	if (!kept)
		return;
	call = *kept;
	bpf_map_delete_elem(&mapping_calls, &key);
	if (control.active)
		tell_end(ctx, hook & 0xff, hook_id(hook), &call, key.sp);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
