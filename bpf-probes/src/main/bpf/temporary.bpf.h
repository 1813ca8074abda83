/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Blocks that their thread frees again before it allocates anything else, summed by stack. */
#ifndef TEMPORARY_BPF_H
#define TEMPORARY_BPF_H

#include "live.bpf.h"
#include "stacks.bpf.h"

#define LAST_BLOCKS 16384

struct last_block {
	__u64 address;
	__u64 tid;
};

/*
 * What each thread allocated last. Threads whose numbers are equal modulo the size share a place: of those the later
 * one counts, and a temporary block of the other one may be missed.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* LAST_BLOCKS where it is used */
	__type(key, __u32);
	__type(value, struct last_block);
} last_blocks SEC(".maps");

static __always_inline struct last_block *last_block_of(__u32 tid)
{
	__u32 index = tid & (LAST_BLOCKS - 1);

	return bpf_map_lookup_elem(&last_blocks, &index);
}

static __always_inline void note_allocation(__u64 address)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct last_block *last = last_block_of(tid);

	if (!last)
		return;
	last->tid = tid;
	last->address = address;
}

/* The block was freed just now. */
static __always_inline void sum_if_temporary(__u64 address, const struct live_block *block)
{
	__u32 tid = bpf_get_current_pid_tgid(), stack = block->stack;
	struct last_block *last = last_block_of(tid);
	struct stack_sum *sum;

	if (!last || last->tid != tid || last->address != address)
		return;
	last->address = 0;
	sum = bpf_map_lookup_elem(&stack_sums, &stack);
	if (!sum)
		return;
	__sync_fetch_and_add(&sum->bytes, block_size(block));
	__sync_fetch_and_add(&sum->events, 1);
}

#endif
