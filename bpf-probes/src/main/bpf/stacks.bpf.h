/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Stacks of the traced process: walked, remembered and stored once each.
 *
 * A walk is a function of the registers it starts from and of the words it reads. Every walk slot therefore keeps
 * the list of words its last walk read; when the same registers come again and all those words are unchanged, the
 * stack is the same and no walk is needed. A slot is claimed while in use, since uprobe programs can be preempted.
 */
#ifndef STACKS_BPF_H
#define STACKS_BPF_H

#include "kernel.bpf.h"
#include "memstacks.h"
#include "tables.bpf.h"

#define WINDOW_WORDS	128
#define WINDOW_BYTES	(WINDOW_WORDS * 8)
#define MAX_READS	256
#define WALK_WAYS	4
#define STORE_PROBES	32
/* A frame further away than this is taken for a wild pointer. */
#define MAX_FRAME_BYTES	(16u << 20)

struct stack_read {
	__u64 offset;		/* from the stack pointer the walk started with */
	__u64 value;
};

struct walk {
	struct walk_head head;
	__u64 pc;		/* registers the walk started with: those of the allocator's caller */
	__u64 sp;
	__u64 fp;
	__u32 reads;
	__u32 frames;
	__u16 hook;
	__u16 end;
	__u32 window_words;	/* how much of window[] was read */
	__u64 hash;
	__u64 cur_fp;
	__u64 cur_sp;
	struct stack_read read[MAX_READS];
	__u64 window[WINDOW_WORDS];
	__u64 frame[MAX_FRAMES + 1];
};

/* Walk slots, one claimed for each event. When all ways are busy the event counts as `busy`. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1024);	/* config.walk_slots */
	__type(key, __u32);
	__type(value, struct walk);
} walks SEC(".maps");

/* Heads of stored stacks, open-addressed by hash. Full: STACK_ID_NONE, counted as unstored. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);		/* config.stack_slots */
	__type(key, __u32);
	__type(value, struct stack_slot);
} stack_slots SEC(".maps");

/* Return addresses of stored stacks. Full: as above. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);		/* config.max_chunks */
	__type(key, __u32);
	__type(value, struct frame_chunk);
} frame_chunks SEC(".maps");

/* Bytes and events by stack number (all mode). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);		/* config.stack_slots in all mode */
	__type(key, __u32);
	__type(value, struct stack_sum);
} stack_sums SEC(".maps");

/* index & mask, in a way that clang cannot drop and the verifier can follow. */
#define bounded(index, mask)                                            \
	({                                                              \
		__u64 __index = (index);                                \
		asm volatile("%0 &= %1" : "+r"(__index) : "i"(mask));   \
		__index;                                                \
	})

static __always_inline __u64 mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
	return hash ^ (hash >> 29);
}

static __always_inline struct walk *claim(__u32 index)
{
	struct walk *walk = bpf_map_lookup_elem(&walks, &index);

	if (walk && __sync_val_compare_and_swap(&walk->head.busy, 0, 1) == 0)
		return walk;
	return NULL;
}

static __always_inline void release(struct walk *walk)
{
	__sync_lock_test_and_set(&walk->head.busy, 0);
}

/* The slot that remembers these registers, else one to reuse; NULL when all are busy. */
static __always_inline struct walk *claim_walk(__u64 pc, __u64 sp, __u16 hook)
{
	__u32 mask = config.walk_slots - 1;
	__u32 first = mix(mix(hook, pc), sp) >> 20;
	struct walk *walk;

	for (int way = 0; way < WALK_WAYS; way++) {
		__u32 index = (first ^ way) & mask;

		walk = bpf_map_lookup_elem(&walks, &index);
		if (walk && walk->pc == pc && walk->sp == sp && walk->hook == hook) {
			walk = claim(index);
			if (walk)
				return walk;
		}
	}
	for (int way = 0; way < WALK_WAYS; way++) {
		walk = claim((first ^ way) & mask);
		if (walk)
			return walk;
	}
	return NULL;
}

/* Whether every word that the remembered walk read still has its value. */
static __always_inline bool unchanged(struct walk *walk, __u64 pc, __u64 sp, __u64 fp, __u16 hook)
{
	__u32 reads = walk->reads;

	if (walk->head.stack == STACK_ID_NONE || walk->pc != pc || walk->sp != sp || walk->fp != fp ||
	    walk->hook != hook)
		return false;
	if (walk->end == STACK_READ_FAULT)
		return false;
	for (__u32 i = 0; i < MAX_READS && i < reads; i++) {
		__u64 word = walk->read[i].offset / 8;

		if (word >= WINDOW_WORDS || word >= walk->window_words)
			return false;
		if (walk->window[bounded(word, WINDOW_WORDS - 1)] != walk->read[i].value)
			return false;
	}
	return true;
}

/* One word of the traced process's stack, from the window where possible; remembered as read. */
static __always_inline bool read_word(struct walk *walk, __u64 address, __u64 *value)
{
	__u64 offset = address - walk->sp;
	__u64 word = offset / 8;
	__u32 reads = walk->reads;

	if (word < WINDOW_WORDS && word < walk->window_words)
		*value = walk->window[bounded(word, WINDOW_WORDS - 1)];
	else if (bpf_probe_read_user(value, sizeof(*value), (void *)address))
		return false;
	if (reads < MAX_READS) {
		struct stack_read *read = &walk->read[bounded(reads, MAX_READS - 1)];

		read->offset = offset;
		read->value = *value;
	}
	walk->reads = reads + 1;
	return true;
}

static __always_inline void add_frame(struct walk *walk, __u64 pc)
{
	__u32 frames = walk->frames;

	if (frames < MAX_FRAMES) {
		walk->frame[bounded(frames, MAX_FRAMES)] = pc;
		walk->hash = mix(walk->hash, pc);
		walk->frames = frames + 1;
	}
}

/* One caller by its frame pointer: saved frame pointer at [fp], return address at [fp + 8]. */
static long walk_frame(__u32 index, void *context)
{
	struct walk *walk = *(struct walk **)context;
	__u64 fp = walk->cur_fp, pc;

	if (fp == 0) {
		walk->end = STACK_COMPLETE;
		return 1;
	}
	if (fp < walk->cur_sp || (fp & 7) || fp - walk->cur_sp > MAX_FRAME_BYTES) {
		walk->end = STACK_BAD_FP;
		return 1;
	}
	if (!read_word(walk, fp, &walk->cur_fp) || !read_word(walk, fp + 8, &pc)) {
		walk->end = STACK_READ_FAULT;
		return 1;
	}
	if (pc == 0) {
		walk->end = STACK_COMPLETE;
		return 1;
	}
	walk->cur_sp = fp + 16;
	add_frame(walk, pc);
	return 0;
}

static __always_inline bool same_frames(struct walk *walk, struct stack_slot *slot)
{
	__u32 frames = walk->frames;

	if (slot->frames != frames || slot->hook != walk->hook || slot->end != walk->end)
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
	/* Last, with a barrier: a slot with a chunk is complete. */
	__sync_lock_test_and_set(&slot->chunk, first + 1);
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

static __always_inline void walk_stack(struct walk *walk, __u64 pc, __u64 sp, __u64 fp, __u16 hook)
{
	walk->pc = pc;
	walk->sp = sp;
	walk->fp = fp;
	walk->hook = hook;
	walk->reads = 0;
	walk->frames = 0;
	walk->hash = mix(1, hook);
	walk->cur_sp = sp;
	walk->cur_fp = fp;
	walk->end = STACK_DEPTH;
	__builtin_memset(walk->frame, 0, sizeof(walk->frame));
	add_frame(walk, pc);
	bpf_loop(MAX_FRAMES, walk_frame, &walk, 0);
	walk->hash |= 1;	/* 0 marks a free slot */
	walk->head.stack = store(walk);
}

/* The stack's first words in one read; near the top of a stack only those up to the page's end. */
static __always_inline void read_window(struct walk *walk, __u64 sp)
{
	__u32 rest = 4096 - (sp & 4095);

	walk->window_words = WINDOW_WORDS;
	if (!bpf_probe_read_user(walk->window, WINDOW_BYTES, (void *)sp))
		return;
	walk->window_words = 0;
	if (rest < WINDOW_BYTES && !bpf_probe_read_user(walk->window, rest, (void *)sp))
		walk->window_words = rest / 8;
}

/*
 * The number of the stack whose innermost frame (above the allocator's) returns to pc with these registers.
 * The slot comes back claimed; NULL when none was free.
 */
static __always_inline struct walk *take_stack(struct stats *stats, __u64 pc, __u64 sp, __u64 fp, __u16 hook)
{
	struct walk *walk = claim_walk(pc, sp, hook);

	if (!walk) {
		count(&stats->busy, 1);
		return NULL;
	}
	read_window(walk, sp);
	if (unchanged(walk, pc, sp, fp, hook)) {
		count(&stats->remembered, 1);
		return walk;
	}
	flush_sum(walk);
	walk_stack(walk, pc, sp, fp, hook);
	count(&stats->walks, 1);
	return walk;
}

#endif
