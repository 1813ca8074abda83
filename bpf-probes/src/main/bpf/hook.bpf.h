/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A hook: which function was called, and where a call's arguments are. The attach cookie says both (memstacks.h). */
#ifndef HOOK_BPF_H
#define HOOK_BPF_H

#include "task.bpf.h"

#define SMALL_ALIGNMENT 16

static __always_inline __u32 hook_op(__u64 hook)
{
	return hook & 0xff;
}

static __always_inline __u16 hook_id(__u64 hook)
{
	return hook >> HOOK_ID_SHIFT;
}

static __always_inline bool hook_flag(__u64 hook, __u32 flag)
{
	return hook >> HOOK_FLAGS_SHIFT & flag;
}

/* The barrier keeps clang from merging the loads into one at a computed offset, which the verifier refuses. */
#define RETURN_IF_HELD(number, wanted, field) \
	if ((number) == (wanted)) {           \
		__u64 __value = field;        \
		barrier_var(__value);         \
		return __value;               \
	}

/* A register by the number the instruction set gives it; the ones arguments come in first. */
static __always_inline __u64 register_value(struct pt_regs *ctx, __u32 number)
{
#if defined(__TARGET_ARCH_x86)
	RETURN_IF_HELD(number, 7, ctx->rdi);
	RETURN_IF_HELD(number, 6, ctx->rsi);
	RETURN_IF_HELD(number, 2, ctx->rdx);
	RETURN_IF_HELD(number, 1, ctx->rcx);
	RETURN_IF_HELD(number, 0, ctx->rax);
	RETURN_IF_HELD(number, 3, ctx->rbx);
	RETURN_IF_HELD(number, 5, ctx->rbp);
	RETURN_IF_HELD(number, 8, ctx->r8);
	RETURN_IF_HELD(number, 9, ctx->r9);
	RETURN_IF_HELD(number, 10, ctx->r10);
	RETURN_IF_HELD(number, 11, ctx->r11);
	RETURN_IF_HELD(number, 12, ctx->r12);
	RETURN_IF_HELD(number, 13, ctx->r13);
	RETURN_IF_HELD(number, 14, ctx->r14);
	RETURN_IF_HELD(number, 15, ctx->r15);
	RETURN_IF_HELD(number, REGISTER_INSTRUCTION, ctx->rip);
#else
	RETURN_IF_HELD(number, 0, PT_REGS_PARM1(ctx));
	RETURN_IF_HELD(number, 1, PT_REGS_PARM2(ctx));
	RETURN_IF_HELD(number, 2, PT_REGS_PARM3(ctx));
	RETURN_IF_HELD(number, 3, PT_REGS_PARM4(ctx));
#endif
	return 0;
}

/* The argument whose register the hook names at this shift; 0 when it has none. */
static __always_inline __u64 argument(struct pt_regs *ctx, __u64 hook, int shift)
{
	__u32 field = hook >> shift & HOOK_ARG_MASK;

	return field ? register_value(ctx, field - 1) : 0;
}

/* The part of a register that an argument of fewer bits takes: what the rest holds is undefined (psABI, 3.2.3). */
static __always_inline __u64 narrowed(__u64 value, __u64 hook, int shift)
{
	return value & ~0ull >> (64 - (64 >> (hook >> shift & HOOK_WIDTH_MASK)));
}

/* Bytes requested; IMPOSSIBLE_SIZE and above when it cannot be had. */
static __always_inline __u64 requested_size(struct pt_regs *ctx, __u64 hook)
{
	__u64 size = narrowed(argument(ctx, hook, HOOK_SIZE_ARG_SHIFT), hook, HOOK_SIZE_WIDTH_SHIFT);
	__u64 many, most;

	if (!(hook >> HOOK_COUNT_ARG_SHIFT & HOOK_ARG_MASK))
		return size;
	many = narrowed(argument(ctx, hook, HOOK_COUNT_ARG_SHIFT), hook, HOOK_COUNT_WIDTH_SHIFT);
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

/* Whether the processor, which is about to execute it, makes a jump with this condition (Intel SDM, appendix B.1.4). */
static __always_inline bool condition_holds(struct pt_regs *ctx, __u32 condition)
{
#if defined(__TARGET_ARCH_x86)
	__u64 flags = ctx->eflags;
	bool carry = flags & 1 << 0, parity = flags & 1 << 2, zero = flags & 1 << 6, sign = flags & 1 << 7;
	bool overflow = flags & 1 << 11, holds;

	switch (condition >> 1) {
	case 0:
		holds = overflow;
		break;
	case 1:
		holds = carry;
		break;
	case 2:
		holds = zero;
		break;
	case 3:
		holds = carry || zero;
		break;
	case 4:
		holds = sign;
		break;
	case 5:
		holds = parity;
		break;
	case 6:
		holds = sign != overflow;
		break;
	default:
		holds = zero || sign != overflow;
	}
	return holds != (condition & 1);
#else
	return true;
#endif
}

/* realloc(p, 0): glibc and tcmalloc free the block; a block of no bytes, which others return, adds none. */
static __always_inline bool is_free_by_realloc(struct pt_regs *ctx, __u64 hook, __u64 size)
{
	return hook_op(hook) == HOOK_REALLOC && !size && argument(ctx, hook, HOOK_PTR_ARG_SHIFT);
}

/* The call only jumps on to another hooked function, which counts it. */
static __always_inline bool left_to_malloc(struct pt_regs *ctx, __u64 hook)
{
	if (hook_flag(hook, HOOK_NULL_IS_MALLOC) && !argument(ctx, hook, HOOK_PTR_ARG_SHIFT))
		return true;
	return hook_flag(hook, HOOK_SMALL_ALIGN_IS_MALLOC) &&
	       argument(ctx, hook, HOOK_ALIGN_ARG_SHIFT) <= SMALL_ALIGNMENT;
}

volatile struct hooked_bodies bodies SEC(".data.bodies") = { 0 };

/* Which of count bodies, in order of address, is the last that starts at or before this one; the first, if none does. */
static __always_inline __u32 body_before(__u64 address, __u32 count)
{
	__u32 low = 0;

	/* It lies in [low, low + count). */
	for (int step = 0; step < NESTED_STEPS; step++) {
		__u32 half = count / 2;

		if (!half)
			break;
		if (bodies.range[(low + half) & (MAX_NESTED_RANGES - 1)].start <= address) {
			low += half;
			count -= half;
		} else {
			count = half;
		}
	}
	return low & (MAX_NESTED_RANGES - 1);
}

/* The verifier goes through it once, however many places call it. */
__noinline int is_in_body(__u64 address)
{
	__u32 count = bodies.ranges;

	return count && address < bodies.range[body_before(address, count)].end;
}

/* Whether the call returns into the body of another hooked function. */
static __always_inline bool is_nested(__u64 return_address)
{
	return return_address >= bodies.range[0].start && return_address < bodies.end && is_in_body(return_address);
}

/* Whether a computed jump leads to the begin of a hooked function. */
static __always_inline bool leads_to_hook(struct pt_regs *ctx, __u64 hook)
{
	__u64 target = (__s64)hook >> HOOK_DISPLACEMENT_SHIFT;

	target += argument(ctx, hook, HOOK_BASE_SHIFT);
	target += argument(ctx, hook, HOOK_INDEX_SHIFT) << (hook >> HOOK_SCALE_SHIFT & 3);
	if (hook & HOOK_IN_MEMORY && bpf_probe_read_user(&target, sizeof(target), (void *)target))
		return false;
	return bodies.range[body_before(target, bodies.ranges)].start == target;
}

static __always_inline bool jump_is_made(struct pt_regs *ctx, __u64 hook)
{
	__u32 condition = hook >> HOOK_CONDITION_SHIFT & HOOK_ARG_MASK;

	if (hook_op(hook) == HOOK_COMPUTED_JUMP)
		return leads_to_hook(ctx, hook);
	return !condition || condition_holds(ctx, condition - 1);
}

static __always_inline bool thread_wanted(void)
{
	struct task_struct *task;

	if (!config.tid)
		return true;
	task = (void *)bpf_get_current_task();
	return number_of(BPF_CORE_READ(task, thread_pid)) == config.tid;
}

#endif
