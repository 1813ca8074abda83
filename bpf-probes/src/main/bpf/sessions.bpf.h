/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Allocations whose entry and return are one probe of the kernel (uprobe session link). */
#ifndef SESSIONS_BPF_H
#define SESSIONS_BPF_H

#include "allocations.bpf.h"

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

#endif
