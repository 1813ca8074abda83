// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Allocations of one process. Unfreed mode pairs the entry and the return of each allocation function and keeps the
 * blocks that are live; all mode sums requests by stack, at entry only.
 */
#include "kernel.bpf.h"
#include "memstacks.h"
#include "tables.bpf.h"
#include "entry.bpf.h"
#include "live.bpf.h"
#include "task.bpf.h"

/* No address space holds more: such a request fails. */
#define IMPOSSIBLE_SIZE	(1ull << 47)
/* Word between the stack pointer at a function's entry and the one after its return. */
#define RETURN_ADDRESS_BYTES 8
#define SMALL_ALIGNMENT	16

struct call_key {
	__u64 sp;		/* at entry */
	__u32 thread;
	__u32 hook;
};

/* What a call's return needs to know of its entry. */
struct call {
	__u64 size;
	__u64 pointer;		/* old block, or where the result is stored */
	struct live_block old;
	__u64 had_old;
};

/*
 * Calls between entry and return. A session probe carries plain allocations in its cookie instead. Full: the call is
 * counted as pending_lost with its bytes.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct call_key);
	__type(value, struct call);
} calls SEC(".maps");

static __always_inline __u32 hook_op(__u64 hook)
{
	return hook & 0xff;
}

static __always_inline __u16 hook_id(__u64 hook)
{
	return hook >> HOOK_ID_SHIFT;
}

static __always_inline __u64 argument(struct pt_regs *ctx, __u64 hook, int shift)
{
	__u32 position = hook >> shift & 0xf;
	__u64 value = 0;

	/* The barriers keep clang from merging the loads into one at a computed offset, which the verifier refuses. */
	if (position == 1) {
		value = PT_REGS_PARM1(ctx);
		barrier_var(value);
	} else if (position == 2) {
		value = PT_REGS_PARM2(ctx);
		barrier_var(value);
	} else if (position == 3) {
		value = PT_REGS_PARM3(ctx);
		barrier_var(value);
	} else if (position == 4) {
		value = PT_REGS_PARM4(ctx);
		barrier_var(value);
	}
	return value;
}

/* Bytes requested; IMPOSSIBLE_SIZE and above when it cannot be had. */
static __always_inline __u64 requested_size(struct pt_regs *ctx, __u64 hook)
{
	__u64 size = argument(ctx, hook, HOOK_SIZE_ARG_SHIFT);
	__u64 many, most;

	if (!(hook >> HOOK_COUNT_ARG_SHIFT & 0xf))
		return size;
	many = argument(ctx, hook, HOOK_COUNT_ARG_SHIFT);
	if ((size | many) >> 32 && many) {
		most = ~0ull / many;
		/* Without it clang makes a 128-bit product of this, which BPF does not have. */
		barrier_var(most);
		if (size > most)
			return ~0ull;
	}
	return size * many;
}

/* posix_memalign refuses alignments that are no power of two or less than a pointer's. */
static __always_inline bool alignment_refused(struct pt_regs *ctx, __u64 hook)
{
	__u64 alignment = argument(ctx, hook, HOOK_ALIGN_ARG_SHIFT);

	return hook_op(hook) == HOOK_ALLOC_INTO && (alignment & (alignment - 1) || alignment < sizeof(void *));
}

/* The call only jumps on to another hooked function, which counts it. */
static __always_inline bool left_to_malloc(struct pt_regs *ctx, __u64 hook)
{
	if (hook >> HOOK_FLAGS_SHIFT & HOOK_NULL_IS_MALLOC && !argument(ctx, hook, HOOK_PTR_ARG_SHIFT))
		return true;
	return hook >> HOOK_FLAGS_SHIFT & HOOK_SMALL_ALIGN_IS_MALLOC &&
	       argument(ctx, hook, HOOK_ALIGN_ARG_SHIFT) <= SMALL_ALIGNMENT;
}

/* Whether the call returns into the body of another hooked function. The bodies are in order of address. */
static __always_inline bool is_nested(__u64 return_address)
{
	for (__u32 i = 0; i < MAX_NESTED_RANGES; i++) {
		if (i >= config.nested_ranges || return_address < config.nested[i].start)
			break;
		if (return_address < config.nested[i].end)
			return true;
	}
	return false;
}

static __always_inline bool thread_wanted(void)
{
	struct task_struct *task;

	if (!config.tid)
		return true;
	task = (void *)bpf_get_current_task();
	return number_of(BPF_CORE_READ(task, thread_pid)) == config.tid;
}

static __always_inline struct call_key call_key_of(__u64 hook, __u64 entry_sp)
{
	struct call_key key = {
		.sp = entry_sp,
		.thread = (__u32)bpf_get_current_pid_tgid(),
		.hook = hook_id(hook),
	};

	return key;
}

static __always_inline void forget(struct stats *stats, __u64 address)
{
	struct live_block block;

	if (live_remove(address, &block)) {
		count(&stats->freed_blocks, 1);
		count(&stats->freed_bytes, block.size);
	}
}

static __always_inline void record(struct stats *stats, struct pt_regs *ctx, __u64 hook, __u64 address, __u64 size)
{
	struct live_block block = { .size = size, .stack = STACK_ID_NONE };
	struct walk *walk;

	walk = take_stack(stats, PT_REGS_IP(ctx), PT_REGS_SP(ctx), PT_REGS_FP(ctx), hook_id(hook));
	if (walk) {
		block.stack = walk->head.stack;
		release(walk);
	}
	switch (live_insert(stats, address, &block)) {
	case LIVE_INSERTED:
		count(&stats->allocations, 1);
		count(&stats->allocated_bytes, size);
		break;
	case LIVE_REPLACED:
		count(&stats->replaced, 1);
		return;
	case LIVE_LOST:
		count(&stats->lost_blocks, 1);
		count(&stats->lost_bytes, size);
		return;
	}
	if (block.stack == STACK_ID_NONE) {
		count(&stats->unstored_stacks, 1);
		count(&stats->unstored_bytes, size);
	}
}

/* Keeps what the return needs. For a realloc the old block leaves the table here, before its address can be reused. */
static __always_inline bool keep_call(struct stats *stats, struct pt_regs *ctx, __u64 hook, __u64 size)
{
	struct call_key key = call_key_of(hook, PT_REGS_SP(ctx));
	struct call call = { .size = size, .pointer = argument(ctx, hook, HOOK_PTR_ARG_SHIFT) };

	if (hook_op(hook) == HOOK_REALLOC && call.pointer)
		call.had_old = live_remove(call.pointer, &call.old);
	if (!bpf_map_update_elem(&calls, &key, &call, BPF_ANY))
		return true;
	count(&stats->pending_lost, 1);
	count(&stats->pending_lost_bytes, size);
	return false;
}

/* The entry of an allocation whose return is probed as well. True when the return is wanted. */
static __always_inline bool allocation_begins(struct pt_regs *ctx, __u64 hook, __u64 *size)
{
	struct stats *stats;

	if (!control.active)
		return false;
	/* A block moved by any thread leaves its old address, whichever thread's allocations are wanted. */
	if (!thread_wanted()) {
		if (hook_op(hook) != HOOK_REALLOC)
			return false;
	}
	if (left_to_malloc(ctx, hook))
		return false;
	stats = stats_row();
	if (!stats)
		return false;
	count(&stats->requests, 1);
	*size = requested_size(ctx, hook);
	return true;
}

/* The new block's address; 0 when there is none to record. */
static __always_inline __u64 reallocation_result(struct stats *stats, struct pt_regs *ctx, const struct call *call)
{
	__u64 address = PT_REGS_RC(ctx);

	if (!address && call->size) {
		count(&stats->failed, 1);
		if (call->had_old) {
			struct live_block old = call->old;

			live_insert(stats, call->pointer, &old);
		}
		return 0;
	}
	if (call->had_old) {
		count(&stats->freed_blocks, 1);
		count(&stats->freed_bytes, call->old.size);
	}
	return thread_wanted() ? address : 0;
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
		count(&stats->lost_blocks, 1);
		count(&stats->lost_bytes, call->size);
		return 0;
	}
	return address;
}

static __always_inline __u64 result(struct stats *stats, struct pt_regs *ctx, __u64 hook, const struct call *call)
{
	__u64 address;

	if (hook_op(hook) == HOOK_REALLOC)
		return reallocation_result(stats, ctx, call);
	if (hook_op(hook) == HOOK_ALLOC_INTO)
		return stored_result(stats, ctx, call);
	address = PT_REGS_RC(ctx);
	if (!address)
		count(&stats->failed, 1);
	return address;
}

static __always_inline bool take_kept_call(struct pt_regs *ctx, __u64 hook, struct call *call)
{
	struct call_key key = call_key_of(hook, PT_REGS_SP(ctx) - RETURN_ADDRESS_BYTES);
	struct call *kept = bpf_map_lookup_elem(&calls, &key);

	if (!kept)
		return false;
	*call = *kept;
	bpf_map_delete_elem(&calls, &key);
	return true;
}

/* The return of an allocation: ctx holds the caller's registers, the result in the return register. */
static __always_inline void allocation_ends(struct pt_regs *ctx, __u64 hook, const struct call *call)
{
	struct stats *stats = stats_row();
	__u64 address;

	if (!stats)
		return;
	count(&stats->returns, 1);
	if (!control.active)
		return;
	if (is_nested(PT_REGS_IP(ctx))) {
		count(&stats->nested, 1);
		return;
	}
	address = result(stats, ctx, hook, call);
	if (address)
		record(stats, ctx, hook, address, call->size);
}

static __always_inline int session_entry(struct pt_regs *ctx, __u64 hook, __u64 *cookie)
{
	struct stats *stats;
	__u64 size;

	if (!allocation_begins(ctx, hook, &size))
		return 1;
	*cookie = size;
	if (hook_op(hook) == HOOK_ALLOC)
		return 0;
	stats = stats_row();
	return stats && keep_call(stats, ctx, hook, size) ? 0 : 1;
}

static __always_inline int session_return(struct pt_regs *ctx, __u64 hook, __u64 size)
{
	struct call call = { .size = size };

	if (hook_op(hook) == HOOK_ALLOC || take_kept_call(ctx, hook, &call))
		allocation_ends(ctx, hook, &call);
	return 0;
}

/* Entry and return in one probe (uprobe session link); 1 from the entry means that the return is not wanted. */
SEC("uprobe")
int allocation_session(struct pt_regs *ctx)
{
	__u64 hook = bpf_get_attach_cookie(ctx);
	__u64 *cookie = bpf_session_cookie();

	if (bpf_session_is_return())
		return session_return(ctx, hook, *cookie);
	return session_entry(ctx, hook, cookie);
}

/* Entry and return as two probes, for kernels without sessions. */
SEC("uprobe")
int allocation_entry(struct pt_regs *ctx)
{
	__u64 hook = bpf_get_attach_cookie(ctx);
	struct stats *stats;
	__u64 size;

	if (!allocation_begins(ctx, hook, &size))
		return 0;
	stats = stats_row();
	if (stats)
		keep_call(stats, ctx, hook, size);
	return 0;
}

SEC("uretprobe")
int allocation_return(struct pt_regs *ctx)
{
	__u64 hook = bpf_get_attach_cookie(ctx);
	struct call call;

	if (take_kept_call(ctx, hook, &call))
		allocation_ends(ctx, hook, &call);
	return 0;
}

SEC("uprobe")
int free_entry(struct pt_regs *ctx)
{
	__u64 hook = bpf_get_attach_cookie(ctx);
	__u64 address = argument(ctx, hook, HOOK_PTR_ARG_SHIFT);
	struct stats *stats;

	if (!control.active || !address)
		return 0;
	stats = stats_row();
	if (!stats)
		return 0;
	count(&stats->frees, 1);
	forget(stats, address);
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

	if (!control.active || !thread_wanted() || left_to_malloc(ctx, hook))
		return 0;
	stats = stats_row();
	if (!stats)
		return 0;
	count(&stats->requests, 1);
	size = requested_size(ctx, hook);
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

	if (number_of(BPF_CORE_READ(task, group_leader, thread_pid)) != config.pid)
		return 0;
	control.execs++;
	__sync_fetch_and_add(&control.generation, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
