/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Walk slots: the working memory of one stack walk, which keeps what the walk read.
 *
 * A walk is a function of the registers it starts from, of the words it reads and of the code mappings. When the same
 * registers come again and all those words are unchanged, the stack is the same and no walk is needed. A slot is
 * claimed while in use, since uprobe programs can be preempted.
 *
 * The first half of the slots is found by the registers. Where many stacks begin with the same ones, further ones are in
 * the second half, found also by the words that now stand where the first one was read.
 */
#ifndef WALK_BPF_H
#define WALK_BPF_H

#include "tables.bpf.h"

#define WINDOW_WORDS 128
#define WINDOW_BYTES (WINDOW_WORDS * 8)
#define PAGE_BYTES   4096
#define MAX_READS    256
/* Reads compared in a plain loop, before the slower one that moves the window. */
#define NEAR_READS 112
/* Of walks that read no more, the comparison is worth a copy of its own where it is made. */
#define FEW_READS 32
#define WALK_WAYS 4

struct stack_read {
	__u64 offset; /* from the stack pointer the walk started with */
	__u64 value;
};

/* Where the frame pointer of the frame reached is found; it is read only when a rule needs it. */
enum fp_place {
	FP_REGISTER, /* it is the register the walk started with */
	FP_SLOT,     /* walk.cur_fp is the address of the word that holds it */
	FP_VALUE,    /* walk.cur_fp is it */
	FP_LOST,
};

struct walk {
	struct walk_head head;
	__u64 pc; /* registers the walk started with: those of the allocator's caller */
	__u64 sp;
	__u64 fp;
	__u32 generation;
	__u16 hook;
	__u8 end;     /* enum stack_end */
	__u8 fp_used; /* the result depends on the fp register */
	__u32 reads;
	__u32 near_reads; /* leading reads within the first window */
	__u32 near_bytes; /* from the stack pointer to the end of the last of them */
	__u32 varied;     /* when the registers last came again, words had changed */
	__u32 luck;       /* how often further stacks with these registers are found of late */
	__u64 words;      /* by which it is found among the further ones; 0 in the first half */
	__u32 frames;
	__u32 window_words; /* how much of window[] could be read */
	__u64 window_base;  /* address of window[0] */
	__u64 hash;
	/* The frame reached. */
	__u64 cur_pc;
	__u64 cur_sp;
	__u64 cur_fp;
	__u32 fp_place;
	__u32 mapping;       /* index of the last code mapping found */
	__u8 exact;          /* cur_pc was executing, it is not a return address */
	__u8 by_fp;          /* some frame was found by frame pointer */
	__u8 forget;         /* the result depends on more than what is compared */
	__u8 first_window;   /* still within it */
	__u32 mapping_first; /* code mappings in force when the walk began */
	__u32 mapping_count;
	__u32 epoch;    /* theirs */
	__u32 switches; /* to stacks at lower addresses */
	/* Where few words were read, all that recognizing the stack needs lies in one page or two. */
	__u64 window[WINDOW_WORDS];
	struct stack_read read[MAX_READS];
	__u64 frame[MAX_FRAMES + 1];
};

/* One is claimed for each event. When all ways are busy the event counts as `busy` and has no stack. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* config.walk_slots */
	__type(key, __u32);
	__type(value, struct walk);
} walks SEC(".maps");

/* index & mask, in a way that clang cannot drop and the verifier can follow. */
#define bounded(index, mask)                                          \
	({                                                            \
		__u64 __index = (index);                              \
		asm volatile("%0 &= %1" : "+r"(__index) : "i"(mask)); \
		__index;                                              \
	})

static __always_inline __u64 mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * HASH_FACTOR;
	return hash ^ (hash >> 29);
}

static __always_inline struct walk *walk_at(__u32 index)
{
	return bpf_map_lookup_elem(&walks, &index);
}

static __always_inline bool claim(struct walk *walk)
{
	return __sync_val_compare_and_swap(&walk->head.busy, 0, 1) == 0;
}

static __always_inline void release(struct walk *walk)
{
	publish(&walk->head.busy, 0);
}

/* The slot that remembers these registers, else one to reuse; NULL when all are busy. */
static __always_inline struct walk *claim_walk(__u64 pc, __u64 sp, __u16 hook)
{
	__u32 mask = config.walk_slots / 2 - 1;
	__u32 first = mix(mix(hook, pc), sp) >> 20;
	struct walk *walk;

	for (int way = 0; way < WALK_WAYS; way++) {
		walk = walk_at((first ^ way) & mask);
		if (walk && walk->pc == pc && walk->sp == sp && walk->hook == hook && claim(walk))
			return walk;
	}
	for (int way = 0; way < WALK_WAYS; way++) {
		walk = walk_at((first ^ way) & mask);
		if (walk && claim(walk))
			return walk;
	}
	return NULL;
}

#define NO_WALK 0xffffffffu
/* Fewer words than these are read again in less time than it takes to find where they are remembered. */
#define WORTHWHILE 16
/* A further stack that is found brings so much luck, one that is not costs 1. Without any, one of so many is looked for. */
#define LUCK_OF_HIT   4
#define MOST_LUCK     64
#define FIRST_LUCK    16
#define TRIED_WITHOUT 16

/* The words that now stand where this walk read near its begin. The window is at the stack pointer. */
static __always_inline __u64 hash_words(struct walk *walk)
{
	__u32 reads = walk->near_reads;
	__u64 hash = mix(walk->hook, walk->pc);

	for (__u32 i = 0; i < NEAR_READS; i++) {
		__u64 word = walk->read[i].offset / 8;

		if (i >= reads)
			break;
		hash = (hash ^ walk->window[bounded(word, WINDOW_WORDS - 1)]) * HASH_FACTOR;
	}
	return mix(hash, walk->sp) | 1;
}

/*
 * Of another stack that begins with the registers of this one, whose words have changed: the index of the slot that may
 * remember it, or of one to reuse, claimed; NO_WALK when it is not worth the while. A global function, so that the
 * verifier goes through it once.
 */
__noinline __u32 claim_further(struct walk *walk)
{
	__u32 half = config.walk_slots / 2;
	__u64 words;
	__u32 first;
	struct walk *further;

	if (!walk)
		return NO_WALK;
	walk->varied++;
	if (walk->reads < WORTHWHILE || (!walk->luck && walk->varied % TRIED_WITHOUT))
		return NO_WALK;
	words = hash_words(walk);
	first = words >> 40;
	for (int way = 0; way < WALK_WAYS; way++) {
		further = walk_at(half + ((first ^ way) & (half - 1)));
		if (further && further->words == words && claim(further)) {
			walk->luck = walk->luck < MOST_LUCK ? walk->luck + LUCK_OF_HIT : MOST_LUCK;
			return half + ((first ^ way) & (half - 1));
		}
	}
	if (walk->luck)
		walk->luck--;
	/* Any of the ways: those that come often find one in the end that they can keep. */
	first ^= walk->varied & (WALK_WAYS - 1);
	further = walk_at(half + (first & (half - 1)));
	if (!further || !claim(further))
		return NO_WALK;
	further->words = words;
	further->forget = 1;
	return half + (first & (half - 1));
}

/* Reads a piece of the stack at once; near a stack's top only what lies on the same page. */
static __always_inline void move_window(struct walk *walk, __u64 address)
{
	__u32 rest = PAGE_BYTES - (address & (PAGE_BYTES - 1));

	walk->window_base = address;
	walk->window_words = WINDOW_WORDS;
	if (!bpf_probe_read_user(walk->window, WINDOW_BYTES, (void *)address))
		return;
	walk->window_words = 0;
	/* Bounded again, since kernels before 6.4 forget the bounds of what clang keeps on the stack. */
	if (rest < WINDOW_BYTES && !bpf_probe_read_user(walk->window, bounded(rest, WINDOW_BYTES - 1), (void *)address))
		walk->window_words = rest / 8;
}

/* A word of the traced stack, out of the window; a word above it moves the window there. */
static __always_inline bool window_word(struct walk *walk, __u64 address, __u64 *value)
{
	__u64 word = (address - walk->window_base) / 8;

	if (address & 7)
		return !bpf_probe_read_user(value, sizeof(*value), (void *)address);
	if (address < walk->window_base)
		return !bpf_probe_read_user(value, sizeof(*value), (void *)address);
	if (word >= walk->window_words) {
		move_window(walk, address);
		word = 0;
		if (!walk->window_words)
			return false;
	}
	*value = walk->window[bounded(word, WINDOW_WORDS - 1)];
	return true;
}

/* A word of the traced stack; what it was is remembered. */
static __always_inline bool read_word(struct walk *walk, __u64 address, __u64 *value)
{
	__u32 reads = walk->reads;

	if (!window_word(walk, address, value))
		return false;
	if (reads < MAX_READS) {
		struct stack_read *read = &walk->read[bounded(reads, MAX_READS - 1)];

		read->offset = address - walk->sp;
		read->value = *value;
	} else {
		walk->forget = 1;
	}
	walk->reads = reads + 1;
	if (walk->first_window && walk->window_base == walk->sp && address >= walk->sp && reads < NEAR_READS) {
		__u32 end = address + 8 - walk->sp;

		walk->near_reads = reads + 1;
		if (walk->near_bytes < end)
			walk->near_bytes = end;
	} else {
		walk->first_window = 0;
	}
	return true;
}

struct far_search {
	struct walk *walk;
	__u64 changed;
};

static long compare_far(__u32 index, void *context)
{
	struct far_search *search = context;
	struct walk *walk = search->walk;
	__u32 read = walk->near_reads + index;
	__u64 value, offset;

	if (read >= walk->reads || read >= MAX_READS)
		return 1;
	read = bounded(read, MAX_READS - 1);
	offset = walk->read[read].offset;
	if (window_word(walk, walk->sp + offset, &value) && value == walk->read[read].value)
		return 0;
	search->changed = 1;
	return 1;
}

/* Whether the remembered walk began with these registers. */
static __always_inline bool same_start(struct walk *walk, __u64 pc, __u64 sp, __u64 fp, __u16 hook)
{
	return !walk->forget && walk->pc == pc && walk->sp == sp && walk->hook == hook &&
	       walk->generation == control.generation && (!walk->fp_used || walk->fp == fp);
}

/* Reads what the remembered walk read, if that is known not to reach beyond, else a whole window. */
static __always_inline void read_near(struct walk *walk, __u64 sp)
{
	__u32 bytes = walk->near_bytes;

	if (walk->varied || walk->reads > walk->near_reads || !bytes || bytes >= WINDOW_BYTES) {
		move_window(walk, sp);
		return;
	}
	walk->window_base = sp;
	walk->window_words = bytes / 8;
	if (bpf_probe_read_user(walk->window, bounded(bytes, WINDOW_BYTES - 1), (void *)sp))
		walk->window_words = 0;
}

/* Whether all that was read lies near, and is little. */
static __always_inline bool is_small(const struct walk *walk)
{
	return walk->reads <= FEW_READS && walk->near_reads == walk->reads;
}

/* Whether the first words that the walk read, `most` of those near at most, stand in the window of `at`. */
static __always_inline bool same_near_words(const struct walk *walk, const struct walk *at, __u32 most)
{
	__u32 reads = walk->near_reads;

	if (at->window_words < walk->near_bytes / 8)
		return false;
	for (__u32 i = 0; i < most; i++) {
		if (i >= reads)
			break;
		if (at->window[bounded(walk->read[i].offset / 8, WINDOW_WORDS - 1)] != walk->read[i].value)
			return false;
	}
	return true;
}

/*
 * Whether every word that the remembered walk read still has its value; `at` is the slot whose window is at the stack
 * pointer. A global function, too.
 */
__noinline int same_words(struct walk *walk, const struct walk *at)
{
	struct far_search search = { .walk = walk };

	if (!walk || !at || !same_near_words(walk, at, NEAR_READS))
		return 0;
	if (walk->reads > walk->near_reads) {
		if (walk != at)
			walk->window_words = 0;
		bpf_loop(MAX_READS, compare_far, &search, 0);
	}
	return !search.changed;
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

#endif
