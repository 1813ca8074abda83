/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The begin and the end of an allocation, and of a block: what is recorded of them, and what is only counted. */
#ifndef ALLOCATIONS_BPF_H
#define ALLOCATIONS_BPF_H

#include "calls.bpf.h"
#include "clock.bpf.h"
#include "entry.bpf.h"
#include "hook.bpf.h"
#include "known_hooks.bpf.h"
#include "outer_call.bpf.h"
#include "pools.bpf.h"
#include "temporary.bpf.h"

/* No address space holds more: such a request fails. */
#define IMPOSSIBLE_SIZE (1ull << 47)
/* Word between the stack pointer at a function's entry and the one after its return. */
#define RETURN_ADDRESS_BYTES 8
/* In the key of a call whose return is seen at an instruction that several functions come by. */
#define ANY_HOOK 0xffff
/* In the key of a call that is about to come to another hook. */
#define GOING_ON 0xfffe

/* Whether this call came here from another hook, where it was seen. */
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

#endif
