/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Calls of libc's mmap family: pages that go, move or come without a fault. */
#ifndef MAPPING_CALLS_BPF_H
#define MAPPING_CALLS_BPF_H

#include "filling.bpf.h"
#include "mapping_entry.bpf.h"
#include "page_moves.bpf.h"
#include "unmapping.bpf.h"

/* include/uapi/asm-generic/mman-common.h, include/linux/mm.h */
#define MAP_FIXED_FLAG         0x10
#define REMAP_FIXED_FLAG       0x2
#define LOCK_ON_FAULT_FLAG     0x1
#define LOCK_ALL_PRESENT_FLAG  0x1
#define LOCK_ALL_ON_FAULT_FLAG 0x4
#define MAP_LOCKED_FLAG        0x2000
#define MAP_POPULATE_FLAG      0x8000
#define MAP_NONBLOCK_FLAG      0x10000
#define ADVICE_DONTNEED        4
#define ADVICE_REMOVE          9
#define ADVICE_PAGEOUT         21
#define ADVICE_POPULATE_READ   22
#define ADVICE_POPULATE_WRITE  23
#define ADVICE_DONTNEED_LOCKED 24
#define ADVICE_COLLAPSE        25
#define ADVICE_GUARD_INSTALL   102
#define VM_LOCKED_FLAG         0x2000
#define PAGE_MASK_LOW          ((1ul << PAGE_SHIFT) - 1)
/* include/linux/err.h, include/uapi/asm-generic/errno-base.h */
#define MOST_ERRORS 4095ul
#define NO_MEMORY   12ul
/* A probe behind a system call lies no further from it. */
#define CALL_TO_PROBE_BYTES 64

/* So many pages hold these bytes, or lie below this address. */
static __always_inline __u64 whole_pages(__u64 bytes)
{
	return (bytes + PAGE_MASK_LOW) >> PAGE_SHIFT;
}

/* Whole pages, as the kernel rounds; none when the address is not one it takes. */
static __always_inline struct page_range pages_of(__u64 address, __u64 length)
{
	struct page_range range = { .first = address >> PAGE_SHIFT };

	range.end = range.first;
	if (!(address & PAGE_MASK_LOW) && !(address >> USER_BITS) && !(length >> USER_BITS))
		range.end = whole_pages(address + length);
	return range;
}

/* Every page that the range touches (mlock). */
static __always_inline struct page_range pages_touched(__u64 address, __u64 length)
{
	return pages_of(address & ~PAGE_MASK_LOW, length + (address & PAGE_MASK_LOW));
}

static __always_inline void drop_range(struct page_range range)
{
	drop_records(range.first, range.end);
}

static __always_inline __u64 fill_range(struct page_range range, __u32 record, __u32 replace)
{
	return fill_records(range.first, range.end, record, replace);
}

static __always_inline bool future_is_locked(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, mm, def_flags) & VM_LOCKED_FLAG;
}

/* How this call brings pages; false: it does not. */
static __always_inline bool advice_fills(__u32 advice, __u32 *by)
{
	switch (advice) {
	case ADVICE_COLLAPSE:
		*by = FILLS_COLLAPSING;
		return true;
	case ADVICE_POPULATE_READ:
		*by = FILLS_READING;
		return true;
	case ADVICE_POPULATE_WRITE:
		*by = FILLS_WRITING;
		return true;
	default:
		return false;
	}
}

static __always_inline bool populates(__u64 flags)
{
	return flags & MAP_LOCKED_FLAG || (flags & MAP_POPULATE_FLAG && !(flags & MAP_NONBLOCK_FLAG)) ||
	       future_is_locked();
}

static __always_inline bool advice_drops(__u32 advice)
{
	return advice == ADVICE_DONTNEED || advice == ADVICE_REMOVE || advice == ADVICE_DONTNEED_LOCKED ||
	       advice == ADVICE_GUARD_INSTALL;
}

/* The probe may sit before the system call or after it, so mm->brk may be the new end already. */
static __always_inline void break_seen(__u64 address)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 now = BPF_CORE_READ(task, mm, brk), end = fault_control.break_end;
	struct page_range range = { .first = whole_pages(address) };

	if (end < now)
		end = now;
	range.end = whole_pages(end);
	if (address)
		drop_range(range);
	fault_control.break_end = address ? address : now;
}

/* What the call moves of these pages, if it does: the rest of them goes. */
static __always_inline struct page_range moved_part(const struct mapping_call *call)
{
	struct page_range old = pages_of(call->argument[0], call->argument[1]);
	__u64 kept = old.first + whole_pages(call->argument[2]);

	if (kept < old.end)
		old.end = kept;
	return old;
}

static __always_inline void remap_begins(const struct mapping_call *call)
{
	struct page_range old = pages_of(call->argument[0], call->argument[1]);

	__sync_fetch_and_add(&fault_control.moving, 1);
	/* What comes to their place once they have left it is told from them by that. */
	mark_records(old.first, old.end, PAGE_MOVING);
}

/* Whether the system call has been made: it leaves the address behind it in rcx, and the probe sits in the same function. */
static __always_inline bool is_made(const struct pt_regs *ctx)
{
	return PT_REGS_IP(ctx) - ctx->rcx < CALL_TO_PROBE_BYTES;
}

/*
 * Whether the call was refused, and did nothing: it returns the error, or libc's -1. Where only memory is short, or a
 * part of the range is not mapped, the rest of it may be done.
 */
static __always_inline bool is_refused(const struct pt_regs *ctx)
{
	__u64 result = PT_REGS_RC(ctx);

	return is_made(ctx) && result >= -MOST_ERRORS && result != -NO_MEMORY;
}

static __always_inline void unmap_seen(const struct pt_regs *ctx, struct page_range range)
{
	if (range.first >= range.end || fault_control.phase != FAULTS_RECORDED || is_refused(ctx))
		return;
	if (is_made(ctx))
		drop_unmapped(range.first, range.end, false);
	else
		drop_range(range);
}

/* The kernel may give these pages back, or not. */
static __always_inline void page_out(struct page_range range)
{
	if (fault_control.phase == FAULTS_RECORDED)
		mark_records(range.first, range.end, PAGE_BUFFER);
}

/*
 * Shared memory (System V) comes and goes as it is attached: one mapping, unless its protection was changed in part. None
 * while the kernel changes mappings.
 */
static __always_inline struct page_range mapping_from(__u64 address)
{
	struct page_range range = { .first = address >> PAGE_SHIFT };
	struct mapping_seen seen = {};

	look_at_mapping(address, &seen);
	range.end = seen.end >> PAGE_SHIFT;
	return range;
}

/* The call brings these pages once it is made; its return matters. */
static __always_inline bool filling_begins(const struct pt_regs *ctx, struct mapping_call *call,
					   struct page_range range, __u32 by)
{
	call->argument[3] = is_made(ctx) ? 0 : note_what_is_missing(range, by);
	return true;
}

static __always_inline bool advice_begins(const struct pt_regs *ctx, struct mapping_call *call)
{
	struct page_range range = pages_of(call->argument[0], call->argument[1]);
	__u32 advice = call->argument[2], by;

	if (advice_fills(advice, &by))
		return filling_begins(ctx, call, range, by);
	if (is_refused(ctx))
		return false;
	if (advice_drops(advice))
		drop_range(range);
	else if (advice == ADVICE_PAGEOUT)
		page_out(range);
	return false;
}

/* True when the return matters as well. */
static __always_inline bool call_begins(const struct pt_regs *ctx, __u32 op, struct mapping_call *call)
{
	switch (op) {
	case MAPPING_MAP:
		if (call->argument[3] & MAP_FIXED_FLAG)
			drop_range(pages_of(call->argument[0], call->argument[1]));
		return populates(call->argument[3]);
	case MAPPING_UNMAP:
		unmap_seen(ctx, pages_of(call->argument[0], call->argument[1]));
		return false;
	case MAPPING_ADVISE:
		return advice_begins(ctx, call);
	case MAPPING_BREAK:
		call->argument[1] = fault_control.break_end;
		break_seen(call->argument[0]);
		return call->argument[0] > call->argument[1] && future_is_locked();
	case MAPPING_DETACH:
		drop_range(mapping_from(call->argument[0]));
		return false;
	case MAPPING_ATTACH:
		return future_is_locked();
	case MAPPING_LOCK_AS:
		if (call->argument[2] & LOCK_ON_FAULT_FLAG)
			return false;
		return filling_begins(ctx, call, pages_touched(call->argument[0], call->argument[1]), FILLS_AS_MLOCK);
	case MAPPING_LOCK_ALL:
		return (call->argument[0] & (LOCK_ALL_PRESENT_FLAG | LOCK_ALL_ON_FAULT_FLAG)) == LOCK_ALL_PRESENT_FLAG;
	case MAPPING_LOCK:
		return filling_begins(ctx, call, pages_touched(call->argument[0], call->argument[1]), FILLS_AS_MLOCK);
	default:
		return true;
	}
}

static __always_inline __u32 caller_record(struct fault_stats *row, struct pt_regs *ctx, __u32 op)
{
	struct stats *stats = stats_row();
	struct walk *walk = NULL;

	if (stats)
		walk = take_stack(stats, PT_REGS_IP(ctx), PT_REGS_SP(ctx), PT_REGS_FP(ctx), op);
	return record_of(row, walk);
}

/* What locked memory grows by comes at once. */
static __always_inline void fill_growth(struct fault_stats *row, struct pt_regs *ctx, __u16 hook,
					const struct mapping_call *call, __u64 address)
{
	__u64 old = whole_pages(call->argument[1]), pages = whole_pages(call->argument[2]);
	struct mapping_seen seen = {};
	struct page_range range = {
		.first = (address >> PAGE_SHIFT) + old,
		.end = (address >> PAGE_SHIFT) + pages,
	};

	if (address == CALL_FAILED || !old || pages <= old)
		return;
	look_at_mapping(address, &seen);
	if (seen.flags & VM_LOCKED_FLAG)
		count(&row->lost, fill_range(range, caller_record(row, ctx, hook), FILL_ALL));
}

static __always_inline void remap_ends(struct fault_stats *row, const struct mapping_call *call, __u64 address)
{
	struct page_range old = pages_of(call->argument[0], call->argument[1]);
	struct page_range moved = moved_part(call);
	__u64 pages = whole_pages(call->argument[2]);

	/* It did nothing; nor is what goes dropped while the last snapshot is taken. */
	if (address == CALL_FAILED || fault_control.phase != FAULTS_RECORDED)
		mark_records(moved.end, old.end, MARK_STAYS);
	else
		drop_marked(moved.end, old.end);
	/* What was at its new place beyond what moves there; of a shared mapping none may move (old length 0). */
	if (address != CALL_FAILED && address != call->argument[0] && call->argument[3] & REMAP_FIXED_FLAG)
		drop_records((address >> PAGE_SHIFT) + (moved.end - moved.first), (address >> PAGE_SHIFT) + pages);
	if (address == CALL_FAILED || address == call->argument[0]) {
		mark_records(moved.first, moved.end, MARK_STAYS);
	} else if (moved.first < moved.end) {
		count(&row->lost, move_records(moved.first, moved.end, address >> PAGE_SHIFT));
		note_move(moved.first, moved.end, address >> PAGE_SHIFT);
	}
	__sync_fetch_and_add(&fault_control.moving, -1);
}

/* ctx holds the caller's registers, the result in the return register. */
static __always_inline void call_ends(struct fault_stats *row, struct pt_regs *ctx, __u32 op, __u16 hook,
				      const struct mapping_call *call)
{
	__u64 result = PT_REGS_RC(ctx);
	struct page_range range;
	__u32 by;

	if (op == MAPPING_REMAP) {
		remap_ends(row, call, result);
		fill_growth(row, ctx, hook, call, result);
		return;
	}
	/* mlock and madvise return an int. */
	if (op == MAPPING_MAP || op == MAPPING_ATTACH ? result == CALL_FAILED : (__u32)result != 0)
		return;
	switch (op) {
	case MAPPING_BREAK:
		range.first = whole_pages(call->argument[1]);
		range.end = whole_pages(call->argument[0]);
		count(&row->lost, fill_range(range, caller_record(row, ctx, hook), FILL_ALL));
		break;
	case MAPPING_MAP:
		range = pages_of(result, call->argument[1]);
		count(&row->lost, fill_range(range, caller_record(row, ctx, hook), FILL_ALL));
		break;
	case MAPPING_ATTACH:
		count(&row->lost, fill_range(mapping_from(result), caller_record(row, ctx, hook), FILL_ALL));
		break;
	case MAPPING_ADVISE:
		range = pages_of(call->argument[0], call->argument[1]);
		if (advice_fills(call->argument[2], &by))
			count(&row->lost, fill_missing(range, by, caller_record(row, ctx, hook), call->argument[3]));
		break;
	case MAPPING_LOCK:
	case MAPPING_LOCK_AS:
		range = pages_touched(call->argument[0], call->argument[1]);
		count(&row->lost,
		      fill_missing(range, FILLS_AS_MLOCK, caller_record(row, ctx, hook), call->argument[3]));
		break;
	case MAPPING_LOCK_ALL:
		fault_control.lock_all = caller_record(row, ctx, hook);
		break;
	}
}

/* True when the return is wanted. */
static __always_inline bool mapping_begins(struct pt_regs *ctx, __u64 hook, bool returns)
{
	struct mapping_call call = mapping_call_of(ctx);
	__u32 op = hook & 0xff;
	struct mapping_call_key key = mapping_call_key_of(op, PT_REGS_SP(ctx));
	struct fault_stats *row;

	if (!fault_control.phase || !is_target(bpf_get_current_task_btf()))
		return false;
	row = fault_row();
	if (!row)
		return false;
	count(&row->calls, 1);
	if (!call_begins(ctx, op, &call) || !fault_config.returns)
		return false;
	if (!returns || bpf_map_update_elem(&mapping_calls, &key, &call, BPF_ANY)) {
		count(&row->calls_lost, 1);
		return false;
	}
	if (op == MAPPING_REMAP)
		remap_begins(&call);
	return true;
}

static __always_inline void mapping_ends(struct pt_regs *ctx, __u64 hook)
{
	struct mapping_call_key key = mapping_call_key_of(hook & 0xff, PT_REGS_SP(ctx) - CALL_RETURN_BYTES);
	struct mapping_call *kept = bpf_map_lookup_elem(&mapping_calls, &key);
	struct fault_stats *row = fault_row();
	struct mapping_call call;

	if (!kept || !row)
		return;
	call = *kept;
	bpf_map_delete_elem(&mapping_calls, &key);
	if (fault_control.phase)
		call_ends(row, ctx, hook & 0xff, hook >> HOOK_ID_SHIFT, &call);
}

#endif
