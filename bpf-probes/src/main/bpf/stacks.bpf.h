/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Stacks of the traced process as values of their own: walked or remembered, and stored once each. */
#ifndef STACKS_BPF_H
#define STACKS_BPF_H

#include "unwind.bpf.h"

#define STORE_PROBES 32

/* Heads of stored stacks, open-addressed by hash. Full: STACK_ID_NONE, counted as unstored. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* config.stack_slots */
	__type(key, __u32);
	__type(value, struct stack_slot);
} stack_slots SEC(".maps");

/* Return addresses of stored stacks. Full: as above. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* config.max_chunks */
	__type(key, __u32);
	__type(value, struct frame_chunk);
} frame_chunks SEC(".maps");

/* Bytes and events by stack number (all mode). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* config.stack_slots in all mode */
	__type(key, __u32);
	__type(value, struct stack_sum);
} stack_sums SEC(".maps");

static __always_inline bool same_frames(struct walk *walk, struct stack_slot *slot)
{
	__u32 frames = walk->frames;

	if (slot->frames != frames || slot->hook != walk->hook || slot->end != walk->end || slot->epoch != walk->epoch)
		return false;
	for (__u32 i = 0; i < (MAX_FRAMES + 1) / FRAMES_PER_CHUNK; i++) {
		__u32 index = slot->chunk - 1 + i;
		struct frame_chunk *chunk;

		if (i * FRAMES_PER_CHUNK >= frames)
			break;
		chunk = bpf_map_lookup_elem(&frame_chunks, &index);
		if (!chunk)
			return false;
		for (__u32 j = 0; j < FRAMES_PER_CHUNK; j++)
			if (chunk->pc[j] != walk->frame[i * FRAMES_PER_CHUNK + j])
				return false;
	}
	return true;
}

/* Copies the frames out. False when no chunks are left. */
static __always_inline bool store_frames(struct walk *walk, struct stack_slot *slot)
{
	__u32 chunks = (walk->frames + FRAMES_PER_CHUNK - 1) / FRAMES_PER_CHUNK;
	__u32 first;

	if (control.next_chunk + chunks > config.max_chunks)
		return false;
	first = __sync_fetch_and_add(&control.next_chunk, chunks);
	if (first + chunks > config.max_chunks)
		return false;
	for (__u32 i = 0; i < (MAX_FRAMES + 1) / FRAMES_PER_CHUNK; i++) {
		__u32 index = first + i;
		struct frame_chunk *chunk;

		if (i >= chunks)
			break;
		chunk = bpf_map_lookup_elem(&frame_chunks, &index);
		if (!chunk)
			return false;
		for (__u32 j = 0; j < FRAMES_PER_CHUNK; j++)
			chunk->pc[j] = walk->frame[i * FRAMES_PER_CHUNK + j];
	}
	slot->hook = walk->hook;
	slot->frames = walk->frames;
	slot->end = walk->end;
	slot->epoch = walk->epoch;
	/* Last: a slot with a chunk is complete. */
	publish(&slot->chunk, first + 1);
	return true;
}

struct store_search {
	struct walk *walk;
	__u32 first;
	__u32 found;
};

static long store_probe(__u32 index, void *context)
{
	struct store_search *search = context;
	struct walk *walk = search->walk;
	__u32 id = (search->first + index) & (config.stack_slots - 1);
	struct stack_slot *slot = bpf_map_lookup_elem(&stack_slots, &id);

	if (!slot)
		return 1;
	if (slot->hash == walk->hash && slot->chunk && same_frames(walk, slot)) {
		search->found = id;
		return 1;
	}
	if (slot->hash == 0) {
		if (control.stacks >= config.max_stacks)
			return 1;
		/*
		 * Whoever loses this race goes on to the next slot; should both store the same stack, the two are
		 * merged when they are read.
		 */
		if (__sync_val_compare_and_swap(&slot->hash, 0, walk->hash) == 0) {
			__sync_fetch_and_add(&control.stacks, 1);
			if (store_frames(walk, slot))
				search->found = id;
			return 1;
		}
	}
	return 0;
}

static __always_inline __u32 store(struct walk *walk)
{
	struct store_search search = {
		.walk = walk,
		.first = walk->hash >> 32,
		.found = STACK_ID_NONE,
	};

	bpf_loop(STORE_PROBES, store_probe, &search, 0);
	return search.found;
}

/* Adds the slot's own sum to the map's, before the slot is reused for another stack. */
static __always_inline void flush_sum(struct walk *walk)
{
	struct stack_sum *sum;

	if (!walk->head.sum.events)
		return;
	sum = bpf_map_lookup_elem(&stack_sums, &walk->head.stack);
	if (sum) {
		__sync_fetch_and_add(&sum->bytes, walk->head.sum.bytes);
		__sync_fetch_and_add(&sum->events, walk->head.sum.events);
	}
	walk->head.sum.bytes = 0;
	walk->head.sum.events = 0;
}

/* Frames are compared and copied in whole chunks: what follows the last one must not differ. */
static __always_inline void clear_last_chunk(struct walk *walk)
{
	__u32 frames = walk->frames;

	for (__u32 i = 0; i < FRAMES_PER_CHUNK - 1; i++) {
		if (frames + i <= MAX_FRAMES)
			walk->frame[bounded(frames + i, MAX_FRAMES)] = 0;
	}
}

static __always_inline void copy_window(struct walk *to, struct walk *from)
{
	to->window_base = from->window_base;
	to->window_words = from->window_words;
	bpf_probe_read_kernel(to->window, WINDOW_BYTES, from->window);
}

/*
 * The stack is remembered by the claimed slot, or by another one, which is claimed instead; else it is walked and
 * stored.
 */
static __always_inline struct walk *fill(struct stats *stats, struct walk *walk, __u64 pc, __u64 sp, __u64 fp,
					 __u16 hook)
{
	bool same = same_start(walk, pc, sp, fp, hook);
	struct walk *further;
	__u32 index;

	if (same) {
		read_near(walk, sp);
		if (is_small(walk) ? same_near_words(walk, walk, FEW_READS) : same_words(walk, walk)) {
			walk->varied = 0;
			return walk;
		}
	}
	if (!same || walk->window_base != sp || walk->window_words < WINDOW_WORDS)
		move_window(walk, sp);
	index = same && walk->window_words == WINDOW_WORDS ? claim_further(walk) : NO_WALK;
	further = index == NO_WALK ? NULL : walk_at(index);
	if (further) {
		if (same_start(further, pc, sp, fp, hook) && same_words(further, walk)) {
			release(walk);
			return further;
		}
		copy_window(further, walk);
		release(walk);
		walk = further;
	}
	if (!same) {
		walk->varied = 0;
		walk->luck = FIRST_LUCK;
	}
	flush_sum(walk);
	unwind(walk, pc, sp, fp, hook);
	clear_last_chunk(walk);
	/* 0 marks a free slot of the store. */
	walk->hash = mix(walk->hash, walk->end) | 1;
	walk->head.stack = store(walk);
	if (walk->head.stack == STACK_ID_NONE)
		walk->forget = 1;
	count(&stats->walks, 1);
	return walk;
}

/*
 * The stack whose innermost frame (above the allocator's) returns to pc with these registers. Its slot comes back
 * claimed, to be released; NULL when none was free.
 */
static __always_inline struct walk *take_stack(struct stats *stats, __u64 pc, __u64 sp, __u64 fp, __u16 hook)
{
	struct walk *walk = claim_walk(pc, sp, hook);

	if (!walk) {
		count(&stats->busy, 1);
		return NULL;
	}
	return fill(stats, walk, pc, sp, fp, hook);
}

#endif
