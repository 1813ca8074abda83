/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * From one frame to its caller by the unwind rows of .eh_frame; by frame pointer only in code that has none.
 */
#ifndef UNWIND_BPF_H
#define UNWIND_BPF_H

#include "code.bpf.h"

/* A frame pointer further away than this is taken for a wild one. */
#define MAX_FRAME_BYTES (16u << 20)
/*
 * Nearer to the end of its stack than this there is room for a thread's start code alone, and no application's frames.
 * In a thread that is what lies below its thread-local storage, whose size counts in.
 */
#define START_BYTES        256
#define THREAD_START_BYTES 768
/*
 * A function that runs another one on a stack of its own (Rust's stacker, GCC's split stacks) keeps its frame in rbp and
 * says so; the frames above it may lie lower then. Bounded, since a damaged stack may lead round in circles.
 */
#define MAX_STACK_SWITCHES 8
/* The kernel nests return probes no deeper (MAX_URETPROBE_DEPTH). */
#define MAX_PENDING_RETURNS 64

struct pending_return {
	struct return_instance *instance;
	__u64 slot;
	__u64 address;
};

static long match_pending(__u32 index, void *context)
{
	struct pending_return *pending = context;
	struct return_instance *instance = pending->instance;

	if (!instance)
		return 1;
	if (BPF_CORE_READ(instance, stack) == pending->slot) {
		pending->address = BPF_CORE_READ(instance, orig_ret_vaddr);
		return 1;
	}
	pending->instance = BPF_CORE_READ(instance, next);
	return 0;
}

/* The return address that a return probe replaced in this slot; 0 when there is none. */
static __always_inline __u64 replaced_return(__u64 slot)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct pending_return pending = {
		.instance = BPF_CORE_READ(task, utask, return_instances),
		.slot = slot,
	};

	bpf_loop(MAX_PENDING_RETURNS, match_pending, &pending, 0);
	return pending.address;
}

static __always_inline bool frame_pointer(struct walk *walk, __u64 *fp)
{
	__u64 slot = walk->cur_fp;

	switch (walk->fp_place) {
	case FP_REGISTER:
		walk->fp_used = 1;
		*fp = walk->fp;
		return true;
	case FP_VALUE:
		*fp = walk->cur_fp;
		return true;
	case FP_SLOT:
		if (!read_word(walk, slot, fp)) {
			walk->end = STACK_READ_FAULT;
			return false;
		}
		walk->cur_fp = *fp;
		walk->fp_place = FP_VALUE;
		return true;
	default:
		walk->end = STACK_FP_LOST;
		return false;
	}
}

static __always_inline void fp_saved_at(struct walk *walk, __u64 slot)
{
	walk->fp_place = FP_SLOT;
	walk->cur_fp = slot;
}

/* Goes on to the caller: its frame begins at the CFA, its return address lies just below. */
static __always_inline long to_caller(struct walk *walk, __u64 cfa)
{
	__u64 pc;

	if (cfa <= walk->cur_sp) {
		walk->end = STACK_CFA_NOT_INCREASING;
		return 1;
	}
	if (!read_word(walk, cfa - 8, &pc)) {
		walk->end = STACK_READ_FAULT;
		return 1;
	}
	walk->cur_sp = cfa;
	walk->cur_pc = pc;
	walk->exact = 0;
	return 0;
}

/*
 * The frame reached is most likely of code that begins a program or a thread. It is the outermost one if it lies where
 * stacks begin; that alone says nothing, since main's own frame can be small.
 */
static __noinline __u8 end_if_at_begin(struct walk *walk, __u8 reason)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (!walk)
		return reason;
	if (BPF_CORE_READ(task, mm, start_stack) - walk->cur_sp < START_BYTES ||
	    BPF_CORE_READ(task, thread.fsbase) - walk->cur_sp < THREAD_START_BYTES)
		return walk->by_fp ? STACK_COMPLETE_BY_FP : STACK_COMPLETE;
	return reason;
}

/*
 * Whether the frame pointer leads to another stack, from code that keeps it to the same kind of code: Go calls C on
 * the thread's own stack, and its callers' frames are on the goroutine's.
 */
static __always_inline bool leads_to_other_stack(struct walk *walk, __u64 fp, __u32 rule)
{
	struct code_mapping *mapping;
	__u64 pc;

	if (!(rule & ROW_FP_KEPT) || fp & 7 || !read_word(walk, fp + 8, &pc))
		return false;
	mapping = find_mapping(walk, pc - 1);
	return mapping && mapping->kind == CODE_ROWS && find_rule(mapping, pc - 1) == rule;
}

static __always_inline long unwind_by_fp(struct walk *walk, __u32 rule)
{
	__u64 fp;

	if (!frame_pointer(walk, &fp))
		return 1;
	if (rule & ROW_FP_KEPT && !fp) {
		walk->end = STACK_COMPLETE_BY_FP;
		return 1;
	}
	if (fp < walk->cur_sp || fp & 7 || fp - walk->cur_sp > MAX_FRAME_BYTES) {
		if (!leads_to_other_stack(walk, fp, rule)) {
			/* The ABI's mark of the outermost frame; a function in between may have used rbp otherwise. */
			walk->end = fp ? STACK_BAD_FP : end_if_at_begin(walk, STACK_BAD_FP);
			return 1;
		}
		walk->cur_sp = fp;
	}
	walk->by_fp = 1;
	fp_saved_at(walk, fp);
	return to_caller(walk, fp + 16);
}

static __always_inline long unwind_signal(struct walk *walk)
{
	__u64 frame = walk->cur_sp, sp, pc;
	__u32 trampoline = walk->frames - 1;

	if (!read_word(walk, frame + SIGNAL_RSP, &sp) || !read_word(walk, frame + SIGNAL_PC, &pc)) {
		walk->end = STACK_READ_FAULT;
		return 1;
	}
	fp_saved_at(walk, frame + SIGNAL_RBP);
	/* The handler returns to the trampoline's first byte; nothing called from there. */
	walk->frame[bounded(trampoline, MAX_FRAMES)] |= FRAME_EXACT;
	/* The interrupted stack may be another one (sigaltstack), so it need not lie above. */
	walk->cur_sp = sp;
	walk->cur_pc = pc;
	walk->exact = 1;
	return 0;
}

static __always_inline long unwind_register(struct walk *walk, __u32 rule, __u64 base, bool by_rbp)
{
	__u64 cfa = base + (rule >> ROW_CFA_SHIFT & ((1 << ROW_CFA_BITS) - 1)) * 8;
	__u32 fp = rule >> ROW_RBP_SHIFT;

	if (fp == ROW_RBP_LOST)
		walk->fp_place = FP_LOST;
	else if (fp)
		fp_saved_at(walk, cfa - fp * 8);
	if (by_rbp && cfa <= walk->cur_sp && cfa > 8 && walk->switches < MAX_STACK_SWITCHES) {
		walk->switches++;
		walk->cur_sp = cfa - 8;
	}
	return to_caller(walk, cfa);
}

/* The CFA is a word in memory plus a small number: realigned stacks. */
static __always_inline long unwind_deref(struct walk *walk, __u32 rule, __u64 base)
{
	__s64 offset = (__s32)(rule << (32 - ROW_CFA_SHIFT - ROW_CFA_BITS)) >> (32 - ROW_CFA_BITS);
	__u32 fp = rule >> ROW_DEREF_RBP_SHIFT;
	__u64 cfa;

	if (!read_word(walk, base + offset * 8, &cfa)) {
		walk->end = STACK_READ_FAULT;
		return 1;
	}
	cfa += (rule >> ROW_RBP_SHIFT & ((1 << ROW_ADDEND_BITS) - 1)) * 8;
	if (fp == ROW_DEREF_RBP_LOST)
		walk->fp_place = FP_LOST;
	else if (fp == ROW_DEREF_RBP_AT_RBP)
		fp_saved_at(walk, base);
	else if (fp)
		fp_saved_at(walk, cfa - fp * 8);
	return to_caller(walk, cfa);
}

static __always_inline long unwind_by_rule(struct walk *walk, __u32 rule, __u64 pc)
{
	__u32 type = rule & ROW_TYPE_MASK;
	__u64 base = walk->cur_sp;

	if ((type == ROW_RBP || type == ROW_RBP_DEREF) && !frame_pointer(walk, &base))
		return 1;
	switch (type) {
	case ROW_RSP:
	case ROW_RBP:
		return unwind_register(walk, rule, base, type == ROW_RBP);
	case ROW_RSP_DEREF:
	case ROW_RBP_DEREF:
		return unwind_deref(walk, rule, base);
	case ROW_PLT:
		return to_caller(walk, base + ((pc & 15) >= (rule >> ROW_CFA_SHIFT) ? 16 : 8));
	case ROW_SIGNAL:
		return unwind_signal(walk);
	case ROW_END:
		walk->end = walk->by_fp ? STACK_COMPLETE_BY_FP : STACK_COMPLETE;
		return 1;
	case ROW_GAP:
		walk->end = STACK_GAP;
		return 1;
	case ROW_START:
		walk->end = end_if_at_begin(walk, STACK_GAP);
		return 1;
	case ROW_UNFIT:
		walk->end = STACK_UNFIT;
		return 1;
	case ROW_FRAME_POINTER:
		return unwind_by_fp(walk, rule);
	case ROW_CFA_IN_RBX:
		walk->end = STACK_LAZY_BINDING;
		return 1;
	default:
		walk->end = STACK_UNSUPPORTED;
		return 1;
	}
}

/* The mapping that holds the frame reached; a return probe's trampoline is replaced by what it stands for. */
static __always_inline struct code_mapping *frame_mapping(struct walk *walk)
{
	struct code_mapping *mapping = find_mapping(walk, walk->cur_pc - !walk->exact);

	if (mapping)
		return mapping;
	/* Other return probes leave their trampoline's address; what it stands for is not on the stack. */
	walk->forget = 1;
	walk->cur_pc = replaced_return(walk->cur_sp - 8);
	walk->exact = 0;
	mapping = walk->cur_pc ? find_mapping(walk, walk->cur_pc - 1) : NULL;
	if (!mapping) {
		walk->end = STACK_NO_MAPPING;
		__sync_fetch_and_add(&control.misses, 1);
	}
	return mapping;
}

/*
 * A return address at a function's first byte, after bytes that are no code: no call left it. Somebody made the stack
 * by hand (makecontext does) and put the address where the outermost function is to return to.
 */
static __always_inline bool put_by_hand(struct walk *walk, const struct code_mapping *mapping, __u32 rule)
{
	return rule == ROW_GAP && !walk->exact && find_rule(mapping, walk->cur_pc) != ROW_GAP;
}

/* Takes the frame reached into the stack and goes on to its caller; 1 at the end. */
static long unwind_frame(__u32 index, void *context)
{
	struct walk *walk = *(struct walk **)context;
	struct code_mapping *mapping = NULL;
	struct checked *known;
	__u64 looked_up = walk->cur_pc - !walk->exact;
	__u32 rule = ROW_GAP;

	if (!walk->cur_pc) {
		/* What the ABI puts above the outermost frame. */
		walk->end = walk->by_fp ? STACK_COMPLETE_BY_FP : STACK_COMPLETE;
		return 1;
	}
	known = known_rule_at(looked_up);
	if (!known)
		return 1;
	if (!is_known(walk, known, looked_up, &rule)) {
		mapping = frame_mapping(walk);
		if (!mapping)
			return 1;
		looked_up = walk->cur_pc - !walk->exact;
	}
	if (walk->frames >= MAX_FRAMES) {
		walk->end = STACK_DEPTH;
		return 1;
	}
	if (mapping && mapping->kind == CODE_FRAME_POINTER) {
		rule = ROW_FRAME_POINTER;
	} else if (mapping) {
		rule = find_rule(mapping, looked_up);
		if (put_by_hand(walk, mapping, rule)) {
			walk->exact = 1;
			rule = ROW_END;
		}
	}
	if (mapping && !walk->exact) {
		known = known_rule_at(looked_up);
		if (known)
			know(walk, known, looked_up, rule);
	}
	add_frame(walk, walk->exact ? walk->cur_pc | FRAME_EXACT : walk->cur_pc);
	/* Rows state addresses less the mapping's bias, whole pages: where in 16 bytes it is stays the same. */
	return unwind_by_rule(walk, rule, looked_up);
}

/* Walks the whole stack from these registers; pc is a return address, unless a fault begins the stack. */
static __always_inline void unwind(struct walk *walk, __u64 pc, __u64 sp, __u64 fp, __u16 hook)
{
	/* Before the set: what a walk by the old mappings finds must not be kept as of the new ones. */
	__u32 generation = control.generation;
	__u32 set = control.mapping_set & 1;

	walk->pc = pc;
	walk->sp = sp;
	walk->fp = fp;
	walk->hook = hook;
	walk->generation = generation;
	walk->mapping_first = set ? config.max_mappings : 0;
	/* None, as long as they are those of the program that the target was before it called exec. */
	walk->mapping_count = control.mapping_execs == control.execs ? control.mapping_count[set] : 0;
	walk->epoch = control.mapping_epoch[set];
	walk->fp_used = 0;
	walk->reads = 0;
	walk->near_reads = 0;
	walk->near_bytes = 0;
	walk->first_window = 1;
	walk->frames = 0;
	walk->switches = 0;
	walk->hash = mix(mix(1, hook), walk->epoch);
	walk->cur_pc = pc;
	walk->cur_sp = sp;
	walk->fp_place = FP_REGISTER;
	walk->exact = hook == HOOK_FAULT;
	walk->by_fp = 0;
	walk->forget = 0;
	walk->end = STACK_DEPTH;
	bpf_loop(MAX_FRAMES + 1, unwind_frame, &walk, 0);
}

#endif
