/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The stack of a call, taken at the function's first instruction. Which walk slot remembers it is known only by the
 * return address, which is the topmost word of the stack: so that word and those above it are read at once, and mostly
 * they are all that the remembered walk has read.
 */
#ifndef ENTRY_BPF_H
#define ENTRY_BPF_H

#include "stacks.bpf.h"

#define TOP_WORDS 64
#define TOP_BYTES (TOP_WORDS * 8)

struct entry_top {
	__u32 busy;
	__u32 reserved;
	__u64 word[TOP_WORDS]; /* from the stack pointer on; the first is the return address */
};

/* One for each possible CPU. Busy, because a program was preempted that holds it: the words are read as needed. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* config.cpus */
	__type(key, __u32);
	__type(value, struct entry_top);
} entry_tops SEC(".maps");

static __always_inline void release_top(struct entry_top *top)
{
	publish(&top->busy, 0);
}

/* Reads the return address (0: cannot be read), and the words above it if they can be had; else NULL. */
static __always_inline struct entry_top *read_top(__u64 entry_sp, __u64 *pc)
{
	__u32 cpu = bpf_get_smp_processor_id() & (config.cpus - 1);
	struct entry_top *top = bpf_map_lookup_elem(&entry_tops, &cpu);

	if (top && __sync_val_compare_and_swap(&top->busy, 0, 1) == 0) {
		if (!bpf_probe_read_user(top->word, TOP_BYTES, (void *)entry_sp)) {
			*pc = top->word[0];
			return top;
		}
		release_top(top);
	}
	if (bpf_probe_read_user(pc, sizeof(*pc), (void *)entry_sp))
		*pc = 0;
	return NULL;
}

/* Whether these words hold all that the remembered walk read, and every one still has its value. */
static __always_inline bool same_top(struct walk *walk, struct entry_top *top)
{
	__u32 reads = walk->near_reads;

	if (walk->reads > reads || reads > TOP_WORDS || walk->near_bytes > TOP_BYTES - 8)
		return false;
	for (__u32 i = 0; i < TOP_WORDS; i++) {
		if (i >= reads)
			break;
		if (top->word[bounded(walk->read[i].offset / 8 + 1, TOP_WORDS - 1)] != walk->read[i].value)
			return false;
	}
	return true;
}

/* take_stack for the caller of the function entered at this stack pointer; pc and top are from read_top. */
static __always_inline struct walk *take_stack_at_entry(struct stats *stats, struct entry_top *top, __u64 pc,
							__u64 entry_sp, __u64 fp, __u16 hook)
{
	__u64 sp = entry_sp + 8;
	struct walk *walk = claim_walk(pc, sp, hook);

	if (!walk) {
		count(&stats->busy, 1);
		return NULL;
	}
	if (top && same_start(walk, pc, sp, fp, hook) && same_top(walk, top)) {
		walk->varied = 0;
		return walk;
	}
	return fill(stats, walk, pc, sp, fp, hook);
}

#endif
