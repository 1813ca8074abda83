/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A page comes: its record takes the place of what was known of it. */
#ifndef PAGE_RECORDS_BPF_H
#define PAGE_RECORDS_BPF_H

#include "page_drops.bpf.h"
#include "page_tables.bpf.h"

/*
 * Records by page number of pages that moved, and at whose old place others came before the call's return was seen.
 * Full: the record is lost, the page goes without.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u32);
} displaced_records SEC(".maps");

struct keep {
	struct page_chunk *chunk;
	__u32 page; /* number in the chunk */
	__u32 record;
	__u32 at; /* where it went, plus 1; 0: nowhere */
};

static __always_inline __u32 kept_as(__u32 record)
{
	return (record & (PAGE_STACK_MASK | PAGE_READ)) | PAGE_KEPT;
}

static long keep_record(__u32 index, void *context)
{
	struct keep *keep = context;
	/* The nearest first: the mapping may begin or end within the window. */
	__u32 at = bounded(keep->page ^ index, PAGES_PER_CHUNK - 1);
	__u32 *slot = &keep->chunk->record[at];

	if (*slot)
		return 0;
	*slot = keep->record;
	keep->at = at + 1;
	return 1;
}

/*
 * A page comes again whose fault brought others with it: of a file, around a page that was read, or a folio. These
 * remain the earlier fault's, whose record goes to one of those that have none. Comes back with which, plus 1.
 */
static __always_inline __u32 keep_record_of(struct page_chunk *chunk, __u64 page, __u32 record)
{
	struct keep keep = {
		.chunk = chunk,
		.page = bounded(page, PAGES_PER_CHUNK - 1),
		.record = kept_as(record),
	};

	bpf_loop(PAGES_AROUND, keep_record, &keep, 0);
	return keep.at;
}

/* Whether such a record tells that a read on a neighbour may have brought the page. */
static __always_inline bool is_of_window(__u32 record)
{
	__u32 marks = PAGE_KEPT | PAGE_READ;

	return fault_control.tables.direct_map && (record & (marks | PAGE_GONE)) == marks;
}

static __always_inline bool is_worth_keeping(__u32 record)
{
	if (!(record & PAGE_STACK_MASK))
		return false;
	/* Where tables are read, each of those that it brought has a record. */
	if (record & PAGE_READ)
		return !fault_control.tables.direct_map;
	return fault_config.huge & FOLIO_FAULTS && !(record & (PAGE_AGAIN | PAGE_FILLED));
}

/* What note_first noted; bits. */
#define NOTED_FIRST       1
#define NOTED_FIRST_WRITE 2

/* The first records of a chunk are kept beside those of pages, until its block is dropped as a whole. */
static __always_inline __u32 note_first(struct page_chunk *chunk, __u32 record)
{
	__u32 noted = 0;

	if (!chunk->first) {
		chunk->first_time = bpf_ktime_get_ns();
		chunk->first = record;
		noted |= NOTED_FIRST;
	}
	if (!chunk->first_write && !(record & PAGE_READ)) {
		chunk->first_write_time = bpf_ktime_get_ns();
		chunk->first_write = record;
		noted |= NOTED_FIRST_WRITE;
	}
	return noted;
}

/* The page is not there, and a call is about to bring it. */
#define PAGE_AWAITED (PAGE_GONE | PAGE_FILLED)

static __always_inline bool is_awaited(__u32 record)
{
	return (record & ~PAGE_BUFFER) == PAGE_AWAITED;
}

/* Which records give way to another one. */
#define FILL_MISSING 0 /* none */
#define FILL_ALL     1
#define FILL_READ    2 /* those of pages that were only read: of the zero page, or a file's that is copied */
#define FILL_BUFFER  3 /* none, not even one of an earlier buffer */
#define FILL_AWAITED 4 /* none, and only what was noted to be missing is filled */
/* Besides: it was noted which pages were not there (note_absent). */
#define FILL_NOTED 0x100

/* Makes room for the record of a page that came: one that is on the move is put aside until it arrives. */
static __always_inline __u32 displace(__u64 page, __u32 *slot)
{
	__u32 was = *slot;

	if (!(was & PAGE_MOVING))
		return was;
	was &= ~PAGE_MOVING;
	bpf_map_update_elem(&displaced_records, &page, &was, BPF_ANY);
	fault_control.displaced = 1;
	*slot = 0;
	return 0;
}

/* What is known of a page gives way to what is told of it now. */
static __always_inline bool gives_way(__u32 was, __u32 replace)
{
	return replace == FILL_ALL || !was || was & (PAGE_GONE | PAGE_KEPT) ||
	       (replace != FILL_BUFFER && was & PAGE_BUFFER) || (replace == FILL_READ && was & PAGE_READ);
}

/* What the record of a fault took the place of. */
struct overwritten {
	__u64 page;
	__u32 record; /* the fault's; 0: it left none */
	__u32 was;
	__u32 noted; /* as the chunk's first */
	__u32 kept;  /* where what was went, plus 1; 0: nowhere */
};

/*
 * Whether a write to this page may bring a huge page where others were known before: they went, one after the other,
 * until none was left and the kernel took away the table of their block. Looked up where the chunk had no write, or the
 * page itself went.
 */
static __always_inline bool begins_anew(const struct page_chunk *chunk, __u64 page, __u32 record)
{
	__u32 was = chunk->record[bounded(page, PAGES_PER_CHUNK - 1)];

	if (record & PAGE_READ || !(fault_config.huge & HUGE_FAULTS) || fault_control.phase != FAULTS_RECORDED)
		return false;
	return (was & PAGE_GONE || !chunk->first_write) && is_block_empty(page);
}

struct clearing {
	struct page_chunk *chunk;
	__u64 block;
	__u32 alive; /* a record of the chunk that stays; 0: none */
	__u32 reserved;
};

static long clear_if_gone(__u32 index, void *context)
{
	struct clearing *clearing = context;
	__u32 *slot = &clearing->chunk->record[bounded(index, PAGES_PER_CHUNK - 1)];
	__u32 was = *slot;

	/* On its way elsewhere; or still to come, by a call that was seen to begin. */
	if (was & PAGE_MOVING || is_awaited(was))
		return 0;
	if (was & (PAGE_GONE | PAGE_KEPT | PAGE_BUFFER | PAGE_FILLED))
		__sync_val_compare_and_swap(slot, was, 0);
	else if (was)
		clearing->alive = was;
	return 0;
}

static long clear_chunk(__u32 index, void *context)
{
	struct clearing *clearing = context;

	clearing->chunk = find_chunk(clearing->block + ((__u64)index << PAGE_CHUNK_SHIFT));
	if (!clearing->chunk)
		return 0;
	clearing->alive = 0;
	bpf_loop(PAGES_PER_CHUNK, clear_if_gone, clearing, 0);
	forget_first(clearing->chunk);
	if (clearing->alive)
		note_first(clearing->chunk, clearing->alive);
	return 0;
}

/*
 * A block begins anew: what is known of pages that went, or of what was not there though a call may have brought it, tells
 * nothing more. Records that stay are those of other threads' faults, which are bringing pages right now.
 */
static __always_inline void clear_block(__u64 block)
{
	struct clearing clearing = { .block = block };

	bpf_loop(CHUNKS_PER_BLOCK, clear_chunk, &clearing, 0);
}

/*
 * The page was brought by the stack of this record; 0 when there is no room. What that changed is told, unless
 * nobody wants to know (NULL). A global function, too.
 */
__noinline int set_record(__u64 page, __u32 record, __u32 replace, struct overwritten *overwritten)
{
	struct page_chunk *chunk = make_chunk(page);
	__u32 noted, kept = 0;
	__u32 *slot;
	__u32 was;

	if (!chunk)
		return false;
	if (replace == FILL_ALL && begins_anew(chunk, page, record))
		clear_block(block_of(page));
	slot = &chunk->record[bounded(page, PAGES_PER_CHUNK - 1)];
	was = displace(page, slot);
	if (!gives_way(was, replace))
		return true;
	noted = note_first(chunk, record);
	record = was && !is_of_window(was) ? record | PAGE_AGAIN : record;
	*slot = record;
	if (is_worth_keeping(was))
		kept = keep_record_of(chunk, page, was);
	if (overwritten) {
		overwritten->record = record;
		overwritten->was = was;
		overwritten->noted = noted;
		overwritten->kept = kept;
	}
	return true;
}

/* All is as it was before set_record, but for what was told of the page since. A global function, too. */
__noinline int take_back(struct overwritten *overwritten)
{
	struct page_chunk *chunk;
	__u32 record, *kept;

	if (!overwritten)
		return 0;
	chunk = find_chunk(overwritten->page);
	record = overwritten->record;
	if (!chunk || __sync_val_compare_and_swap(&chunk->record[bounded(overwritten->page, PAGES_PER_CHUNK - 1)],
						  record, overwritten->was) != record)
		return 0;
	if (overwritten->noted & NOTED_FIRST)
		chunk->first = 0;
	if (overwritten->noted & NOTED_FIRST_WRITE)
		chunk->first_write = 0;
	if (!overwritten->kept)
		return 0;
	kept = &chunk->record[bounded(overwritten->kept - 1, PAGES_PER_CHUNK - 1)];
	__sync_val_compare_and_swap(kept, kept_as(overwritten->was), 0);
	return 0;
}

#endif
