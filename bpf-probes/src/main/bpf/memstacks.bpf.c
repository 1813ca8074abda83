// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Allocations of one process. Unfreed mode pairs the entry and the return of each allocation function and keeps the
 * blocks that are live; all mode sums requests by stack, at entry only.
 */
#include "kernel.bpf.h"
#include "memstacks.h"
#include "tables.bpf.h"
#include "sessions.bpf.h"

/* A hooked function jumps to another, or to its own begin: there the call must not count again. */
SEC("uprobe")
int call_goes_on(struct pt_regs *ctx)
{
	__u64 sp = PT_REGS_SP(ctx);
	struct call call = {};

	if (!control.active || !jump_is_made(ctx, bpf_get_attach_cookie(ctx)))
		return 0;
	if (!bpf_probe_read_user(&call.caller, sizeof(call.caller), (void *)sp))
		put_call(call_key_of(sp, GOING_ON), &call);
	return 0;
}

/*
 * Entry and return in one probe (uprobe session link); 1 from the entry means that the return is not wanted. Entries are
 * given a cookie of 0 (handler_chain in kernel/events/uprobes.c), so that the kernel need not be asked which it is.
 */
SEC("uprobe")
int allocation_session(struct pt_regs *ctx)
{
	__u64 *session = bpf_session_cookie();

	if (*session)
		return session_return(ctx, *session);
	return session_entry(ctx, session);
}

/* Entry and return as two probes, for kernels without sessions. */
SEC("uprobe")
int allocation_entry(struct pt_regs *ctx)
{
	__u64 hook = bpf_get_attach_cookie(ctx);
	struct stats *stats = stats_row();
	struct call call = {};

	if (!stats || !allocation_begins(ctx, hook, &call.size))
		return 0;
	count_request(stats, call.size);
	keep_call(stats, ctx, hook, call_key_of(PT_REGS_SP(ctx), hook_id(hook)), &call);
	return 0;
}

SEC("uretprobe")
int allocation_return(struct pt_regs *ctx)
{
	__u64 hook = bpf_get_attach_cookie(ctx);
	__u64 sp = PT_REGS_SP(ctx);
	struct call call;

	if (take_call(call_key_of(sp - RETURN_ADDRESS_BYTES, hook_id(hook)), &call))
		allocation_ends(ctx, hook, &call, PT_REGS_IP(ctx), sp);
	return 0;
}

/*
 * Entry and return of a function that exceptions leave: where the kernel has replaced a return address, they would end
 * the process. Its return is seen by probes at its return instructions, to which other functions may come as well.
 */
SEC("uprobe")
int throwing_entry(struct pt_regs *ctx)
{
	__u64 hook = bpf_get_attach_cookie(ctx);
	__u64 sp = PT_REGS_SP(ctx);
	struct stats *stats = stats_row();
	struct call call = { .hook = hook };

	if (!stats || !allocation_begins(ctx, hook, &call.size))
		return 0;
	/* Else only those that return count, as those that throw are no allocations. */
	if (hook_flag(hook, HOOK_RETURNS_UNSEEN))
		count_request(stats, call.size);
	if (bpf_probe_read_user(&call.caller, sizeof(call.caller), (void *)sp))
		return 0;
	keep_call(stats, ctx, hook, call_key_of(sp, ANY_HOOK), &call);
	return 0;
}

/*
 * Such a call jumps to another hooked function, which sees it from here on, and its return: it is let go as it came.
 * What is kept of it would lose its place, or never be asked for.
 */
SEC("uprobe")
int throwing_goes_on(struct pt_regs *ctx)
{
	__u64 sp = PT_REGS_SP(ctx);
	struct stats *stats = stats_row();
	struct call call;

	if (!stats || !control.active || !jump_is_made(ctx, bpf_get_attach_cookie(ctx)))
		return 0;
	if (!take_call(call_key_of(sp, ANY_HOOK), &call) || caller_at(sp) != call.caller)
		return 0;
	if (call.had_old) {
		struct live_block old = call.old;

		live_insert(call.pointer, &old);
	}
	if (hook_flag(call.hook, HOOK_RETURNS_UNSEEN)) {
		count(&stats->unrecorded, 1);
		count(&stats->unrecorded_bytes, call.size);
	}
	return 0;
}

SEC("uprobe")
int return_instruction(struct pt_regs *ctx)
{
	__u64 sp = PT_REGS_SP(ctx), pc;
	struct stats *stats = stats_row();
	struct call call;

	if (!stats || !take_call(call_key_of(sp, ANY_HOOK), &call))
		return 0;
	if (bpf_probe_read_user(&pc, sizeof(pc), (void *)sp) || pc != call.caller)
		return 0;
	if (!hook_flag(call.hook, HOOK_RETURNS_UNSEEN))
		count_request(stats, call.size);
	allocation_ends(ctx, call.hook, &call, pc, sp + RETURN_ADDRESS_BYTES);
	return 0;
}

SEC("uprobe")
int free_entry(struct pt_regs *ctx)
{
	__u64 hook = hook_here(known_frees, ctx);
	__u64 address = argument(ctx, hook, HOOK_PTR_ARG_SHIFT);
	struct stats *stats;

	if (!control.active)
		return 0;
	note_pool_call(hook);
	if (!address)
		return 0;
	stats = stats_row();
	if (!stats)
		return 0;
	forget(stats, address, PT_REGS_SP(ctx));
	return 0;
}

static __always_inline void sum_by_stack(struct stats *stats, struct walk *walk, __u64 size)
{
	if (walk && walk->head.stack != STACK_ID_NONE) {
		walk->head.sum.bytes += size;
		walk->head.sum.events++;
	} else {
		count(&stats->unstored_stacks, 1);
		count(&stats->unstored_bytes, size);
	}
	if (walk)
		release(walk);
}

static __always_inline void sum_request(struct stats *stats, struct pt_regs *ctx, __u64 hook, __u64 size)
{
	__u64 sp = PT_REGS_SP(ctx), pc;
	struct entry_top *top = read_top(sp, &pc);

	if (is_nested(pc)) {
		count(&stats->nested, 1);
	} else {
		count(&stats->allocations, 1);
		count(&stats->allocated_bytes, size);
		sum_by_stack(stats, take_stack_at_entry(stats, top, pc, sp, PT_REGS_FP(ctx), hook_id(hook)), size);
	}
	if (top)
		release_top(top);
}

/* All mode: the request alone, at a function's first instruction. */
SEC("uprobe")
int request_entry(struct pt_regs *ctx)
{
	__u64 hook = bpf_get_attach_cookie(ctx);
	struct stats *stats;
	__u64 size;

	if (control.active != WINDOW_OPEN || !thread_wanted())
		return 0;
	note_pool_call(hook);
	if (left_to_malloc(ctx, hook) || was_seen(ctx, hook))
		return 0;
	stats = stats_row();
	size = requested_size(ctx, hook);
	if (!stats || !size_wanted(size) || is_free_by_realloc(ctx, hook, size))
		return 0;
	count(&stats->requests, 1);
	note_pool_block(hook, size);
	if (size >= IMPOSSIBLE_SIZE || alignment_refused(ctx, hook)) {
		count(&stats->failed, 1);
		return 0;
	}
	sum_request(stats, ctx, hook, size);
	return 0;
}

/*
 * The target became another program. Its old blocks are gone, and so is the code that the tables show: until they show
 * the new one, stacks end at once.
 */
SEC("raw_tp/sched_process_exec")
int target_exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (control.ended || process_number(task) != config.pid)
		return 0;
	control.execs++;
	control.older = 0;
	__sync_fetch_and_add(&control.generation, 1);
	return 0;
}

/*
 * Links of many probes call their program for threads of the target alone, where a child made by vfork runs in its
 * memory: what that allocates or frees is not seen.
 */
SEC("raw_tp/sched_process_fork")
int target_fork(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *parent = (void *)ctx->args[0];
	struct task_struct *child = (void *)ctx->args[1];
	struct stats *stats;

	if (BPF_CORE_READ(child, mm) != BPF_CORE_READ(parent, mm) ||
	    BPF_CORE_READ(child, tgid) == BPF_CORE_READ(parent, tgid))
		return 0;
	if (!control.active || control.ended || process_number(parent) != config.pid)
		return 0;
	stats = stats_row();
	if (stats)
		count(&stats->guests, 1);
	return 0;
}

/* From here on the target's number may be another process's, which the programs above take for the target otherwise. */
SEC("raw_tp/sched_process_exit")
int target_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (is_last_thread(task) && process_number(task) == config.pid)
		control.ended = 1;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
