// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Allocations of one process. Unfreed mode pairs the entry and the return of each allocation function and keeps the
 * blocks that are live; all mode sums requests by stack, at entry only.
 */
#include "kernel.bpf.h"
#include "memstacks.h"
#include "tables.bpf.h"
#include "entry.bpf.h"
#include "hook.bpf.h"
#include "known_hooks.bpf.h"
#include "pools.bpf.h"
#include "calls.bpf.h"
#include "outer_call.bpf.h"
#include "clock.bpf.h"
#include "temporary.bpf.h"

/* No address space holds more: such a request fails. */
#define IMPOSSIBLE_SIZE (1ull << 47)
/* Word between the stack pointer at a function's entry and the one after its return. */
#define RETURN_ADDRESS_BYTES 8
/* In the key of a call whose return is seen at an instruction that several functions come by. */
#define ANY_HOOK 0xffff

/* In the key of a call that is about to come to another hook. */
#define GOING_ON 0xfffe

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

/* Whether this is such a call, at its second hook. */
static __always_inline bool was_seen(struct pt_regs *ctx, __u64 hook)
{
	__u64 sp = PT_REGS_SP(ctx), caller;
	struct call call;

	return hook_flag(hook, HOOK_JUMPED_TO) && take_call(call_key_of(sp, GOING_ON), &call) &&
	       !bpf_probe_read_user(&caller, sizeof(caller), (void *)sp) && caller == call.caller;
}

static __always_inline bool counts_older(void)
{
	return control.older && control.active == WINDOW_OPEN;
}

/*
 * A block that is not recorded was freed, or is a new one after a realloc. It is from before the window, unless one was
 * recorded or freed at its address since (thread caches are freed again when their thread ends), or the call is another
 * hooked function's (a pool's that frees what it is made of). Not marked for a nested call: the outer one, a realloc
 * that frees, counts the block at its return.
 */
static __always_inline void count_older(struct stats *stats, __u64 address, __u64 caller)
{
	if (!is_nested(caller) && !live_was_there(address))
		count(&stats->older_frees, 1);
}

/* Of a call at whose entry the stack pointer is this; 0 when it cannot be read. */
static __always_inline __u64 caller_at(__u64 sp)
{
	__u64 caller;

	return bpf_probe_read_user(&caller, sizeof(caller), (void *)sp) ? 0 : caller;
}

static __always_inline void forget(struct stats *stats, __u64 address, __u64 sp)
{
	struct live_block block = {};

	if (!live_take(address, &block)) {
		count(&stats->unknown_frees, 1);
		if (counts_older())
			count_older(stats, address, caller_at(sp));
		return;
	}
	count(&stats->freed_blocks, 1);
	count(&stats->freed_bytes, block_size(&block));
	if (config.temporary)
		sum_if_temporary(address, &block);
}

static __always_inline bool size_wanted(__u64 size)
{
	return size >= config.min_size && size <= config.max_size;
}

static __always_inline bool takes_old_block(__u64 hook)
{
	return hook_op(hook) == HOOK_REALLOC || hook_op(hook) == HOOK_RESIZE;
}

/* Whether the block counts as an allocation of so many bytes. */
static __always_inline bool record(struct stats *stats, struct pt_regs *ctx, __u64 hook, __u64 address, __u64 size,
				   __u64 pc, __u64 sp)
{
	struct live_block block = {
		.size_execs = size,
		.stack = STACK_ID_NONE,
		.born = clock_nanos() >> LIVE_BORN_SHIFT,
	};
	struct walk *walk;

	note_pool_block(hook, size);
	walk = take_stack(stats, pc, sp, PT_REGS_FP(ctx), hook_id(hook));
	if (walk) {
		block.stack = walk->head.stack;
		release(walk);
	}
	switch (live_put(address, &block)) {
	case LIVE_INSERTED:
		count(&stats->allocations, 1);
		count(&stats->allocated_bytes, size);
		break;
	case LIVE_REPLACED:
		count(&stats->replaced, 1);
		return false;
	default:
		count(&stats->lost_blocks, 1);
		count(&stats->lost_bytes, size);
		return false;
	}
	if (config.temporary)
		note_allocation(address);
	if (block.stack == STACK_ID_NONE) {
		count(&stats->unstored_stacks, 1);
		count(&stats->unstored_bytes, size);
	}
	return true;
}

/* Keeps what the return needs. For a realloc the old block leaves the table here, before its address can be reused. */
static __always_inline bool keep_call(struct stats *stats, struct pt_regs *ctx, __u64 hook, __u64 key,
				      struct call *call)
{
	call->pointer = argument(ctx, hook, HOOK_PTR_ARG_SHIFT);
	if (takes_old_block(hook) && call->pointer)
		call->had_old = live_remove(call->pointer, &call->old);
	if (put_call(key, call))
		return true;
	count(&stats->pending_lost, 1);
	count(&stats->pending_lost_bytes, call->size);
	return false;
}

/* A request that is to return. */
static __always_inline void count_request(struct stats *stats, __u64 size)
{
	count(&stats->requests, 1);
	count(&stats->requested_bytes, size);
}

/* The entry of an allocation whose return is probed as well. True when the return is wanted. */
static __always_inline bool allocation_begins(struct pt_regs *ctx, __u64 hook, __u64 *size)
{
	__u32 state = control.active;

	/* A block that is moved leaves its old address, whether the new one is wanted or not. */
	if (state == WINDOW_CLOSED || (!takes_old_block(hook) && (state != WINDOW_OPEN || !thread_wanted())))
		return false;
	note_pool_call(hook);
	if (left_to_malloc(ctx, hook) || was_seen(ctx, hook))
		return false;
	*size = requested_size(ctx, hook);
	/* Sums of sizes that cannot be must agree all the same. */
	if (*size > LIVE_SIZE_MASK)
		*size = LIVE_SIZE_MASK;
	return takes_old_block(hook) || size_wanted(*size);
}

/* The new block's address; 0 when there is none to record. pc is the caller's. */
static __always_inline __u64 reallocation_result(struct stats *stats, struct pt_regs *ctx, __u64 hook,
						 const struct call *call, __u64 pc)
{
	__u64 returned = PT_REGS_RC(ctx), address;
	bool failed;

	/* Else clang may choose between two addresses to load from, one in ctx, which the verifier refuses. */
	barrier_var(returned);
	failed = hook_op(hook) == HOOK_RESIZE ? returned < call->size : !returned && call->size;
	if (failed)
		count(&stats->failed, 1);
	if (failed && call->had_old && !hook_flag(hook, HOOK_FREES_ON_FAILURE)) {
		struct live_block old = call->old;

		live_insert(call->pointer, &old);
		return 0;
	}
	if (failed || (hook_op(hook) == HOOK_REALLOC && !returned))
		address = 0;
	else
		address = hook_op(hook) == HOOK_RESIZE ? call->pointer : returned;
	if (call->had_old) {
		/* What the window brought stays what it was, wherever it moves. */
		if (address && control.active == WINDOW_DRAINING) {
			struct live_block old = call->old;

			live_insert(address, &old);
			return 0;
		}
		count(&stats->freed_blocks, 1);
		count(&stats->freed_bytes, block_size(&call->old));
		if (address)
			count(&stats->moved_blocks, 1);
	} else if (call->pointer && (!failed || hook_flag(hook, HOOK_FREES_ON_FAILURE)) && counts_older()) {
		count_older(stats, call->pointer, pc);
	}
	return thread_wanted() && size_wanted(call->size) ? address : 0;
}

static __always_inline __u64 stored_result(struct stats *stats, struct pt_regs *ctx, const struct call *call)
{
	__u64 address;

	if ((__u32)PT_REGS_RC(ctx) != 0) {
		count(&stats->failed, 1);
		return 0;
	}
	if (bpf_probe_read_user(&address, sizeof(address), (void *)call->pointer)) {
		count(&stats->unread_results, 1);
		count(&stats->unread_bytes, call->size);
		return 0;
	}
	return address;
}

static __always_inline __u64 result(struct stats *stats, struct pt_regs *ctx, __u64 hook, const struct call *call,
				    __u64 pc)
{
	__u64 address;

	if (takes_old_block(hook))
		return reallocation_result(stats, ctx, hook, call, pc);
	if (hook_op(hook) == HOOK_ALLOC_INTO)
		return stored_result(stats, ctx, call);
	address = PT_REGS_RC(ctx);
	/* A program's own function may tell failure by -1, as mmap does. */
	if (!address || is_left(address)) {
		count(&stats->failed, 1);
		return 0;
	}
	return address;
}

/*
 * The return of an allocation: ctx holds the result in the return register and the caller's frame pointer; pc and sp
 * are the caller's.
 */
static __always_inline void allocation_ends(struct pt_regs *ctx, __u64 hook, const struct call *call, __u64 pc,
					    __u64 sp)
{
	struct stats *stats = stats_row();
	bool recorded = false;
	__u64 address;

	if (!stats)
		return;
	address = control.active ? result(stats, ctx, hook, call, pc) : 0;
	if (control.active && is_nested(pc)) {
		count(&stats->nested, 1);
		if (address)
			live_was_there(address);
	} else if (address && control.active == WINDOW_OPEN) {
		recorded = record(stats, ctx, hook, address, call->size, pc, sp);
	}
	if (!recorded) {
		count(&stats->unrecorded, 1);
		count(&stats->unrecorded_bytes, call->size);
	}
}

/* A call that is let go without its return: an old block that it takes is gone, whatever comes of it. */
static __always_inline void leave_unprobed(struct stats *stats, struct pt_regs *ctx, __u64 hook, __u64 size)
{
	__u64 old = argument(ctx, hook, HOOK_PTR_ARG_SHIFT);

	count(&stats->unprobed_returns, 1);
	count(&stats->unprobed_bytes, size);
	if (takes_old_block(hook) && old)
		forget(stats, old, PT_REGS_SP(ctx));
}

/*
 * What a session's entry leaves to its return: the size (LIVE_SIZE_MASK), and of a hook that is not COMPLEX its number.
 * It is never 0.
 */
#define SESSION_BEGUN    (1ull << 63)
#define SESSION_COMPLEX  (1ull << 62)
#define SESSION_ID_SHIFT LIVE_SIZE_BITS
#define SESSION_ID_MASK  ((1ull << 14) - 1)

static __always_inline __u64 session_of(__u64 hook, __u64 size)
{
	__u64 session = SESSION_BEGUN | (size & LIVE_SIZE_MASK);

	if (hook_op(hook) != HOOK_ALLOC || hook_flag(hook, HOOK_POOL) || hook_id(hook) > SESSION_ID_MASK)
		return session | SESSION_COMPLEX;
	return session | (__u64)hook_id(hook) << SESSION_ID_SHIFT;
}

/* A call of the kernel costs more than this. */
static __always_inline __u64 hook_of(struct pt_regs *ctx, __u64 session)
{
	if (session & SESSION_COMPLEX)
		return bpf_get_attach_cookie(ctx);
	return HOOK_ALLOC | (session >> SESSION_ID_SHIFT & SESSION_ID_MASK) << HOOK_ID_SHIFT;
}

static __always_inline int session_entry(struct pt_regs *ctx, __u64 *session)
{
	__u64 hook = hook_here(known_sessions, ctx);
	struct stats *stats = stats_row();
	struct call call = {};

	if (!stats || !allocation_begins(ctx, hook, &call.size))
		return 1;
	if (return_probe_harms(ctx)) {
		leave_unprobed(stats, ctx, hook, call.size);
		return 1;
	}
	count_request(stats, call.size);
	*session = session_of(hook, call.size);
	if (hook_op(hook) == HOOK_ALLOC)
		return 0;
	return keep_call(stats, ctx, hook, call_key_of(PT_REGS_SP(ctx), hook_id(hook)), &call) ? 0 : 1;
}

static __always_inline int session_return(struct pt_regs *ctx, __u64 session)
{
	struct call call = { .size = session & LIVE_SIZE_MASK };
	__u64 sp = PT_REGS_SP(ctx), hook = hook_of(ctx, session);

	if (hook_op(hook) == HOOK_ALLOC || take_call(call_key_of(sp - RETURN_ADDRESS_BYTES, hook_id(hook)), &call))
		allocation_ends(ctx, hook, &call, PT_REGS_IP(ctx), sp);
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
