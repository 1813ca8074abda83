/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Which stack brought each page of the process: records by page number, in chunks of neighbours. A record dies with
 * its page and moves with it; ranges are worked on by chunks, so that it costs little beside what the kernel does for
 * the pages themselves.
 */
#ifndef PAGES_BPF_H
#define PAGES_BPF_H

#include "kernel.bpf.h"
#include "memstacks.h"
#include "walk.bpf.h"
#include "fault_control.bpf.h"
#include "page_changes.bpf.h"
#include "page_tables.bpf.h"

/* include/linux/mm.h */
#define VM_READ_FLAG    0x1
#define VM_WRITE_FLAG   0x2
#define VM_SHARED_FLAG  0x8
#define VM_ACCESS_FLAGS 0x7
/* include/uapi/asm-generic/errno-base.h */
#define NO_ENTRY     2
#define LOCK_BUSY    16
#define CHUNK_PROBES 32
/* Of a huge page's worth of pages. */
#define CHUNKS_PER_BLOCK (PAGES_PER_BLOCK / PAGES_PER_CHUNK)
/* bpf_loop takes no more (BPF_MAX_LOOPS). */
#define MAX_LOOPS (1u << 23)

/* Open-addressed by key. No free chunk among those probed: the page counts as lost. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* fault_config.page_chunks */
	__type(key, __u32);
	__type(value, struct page_chunk);
} page_chunks SEC(".maps");

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

/* Pages from first up to end, exclusive. */
struct page_range {
	__u64 first;
	__u64 end;
};

static __always_inline struct page_chunk *chunk_at(__u32 index)
{
	return bpf_map_lookup_elem(&page_chunks, &index);
}

static __always_inline __u64 key_of(__u64 page)
{
	return (page >> PAGE_CHUNK_SHIFT) + PAGE_CHUNK_FIRST_KEY;
}

/* The i-th place to look for this key. */
static __always_inline __u32 probe(__u64 key, __u32 i)
{
	__u64 hash = key * HASH_FACTOR >> 32;
	__u32 index = (hash * fault_config.page_chunks >> 32) + i;

	return index < fault_config.page_chunks ? index : index - fault_config.page_chunks;
}

#define NO_CHUNK 0xffffffffu

/*
 * The index of this page's chunk; NO_CHUNK when none of it has a record. A global function, as is the next one: the
 * verifier looks at it once instead of at each call.
 */
__noinline __u32 find_chunk_index(__u64 page)
{
	__u64 key = key_of(page);

	for (__u32 i = 0; i < CHUNK_PROBES; i++) {
		__u32 index = probe(key, i);
		struct page_chunk *chunk = chunk_at(index);

		if (!chunk || chunk->key == PAGE_CHUNK_FREE)
			return NO_CHUNK;
		if (chunk->key == key)
			return index;
	}
	return NO_CHUNK;
}

/* Takes a free chunk for this page; NO_CHUNK when there is no room. */
__noinline __u32 take_chunk_index(__u64 page)
{
	__u64 key = key_of(page);

	for (__u32 i = 0; i < CHUNK_PROBES; i++) {
		__u32 index = probe(key, i);
		struct page_chunk *chunk = chunk_at(index);
		__u64 was;

		if (!chunk)
			return NO_CHUNK;
		was = chunk->key;
		if (was <= PAGE_CHUNK_EMPTIED)
			was = __sync_val_compare_and_swap(&chunk->key, was, key);
		/* Free until now, or another CPU took it for the same page. */
		if (was <= PAGE_CHUNK_EMPTIED || was == key)
			return index;
	}
	return NO_CHUNK;
}

/* The chunk of this page; NULL when none of it has a record. */
static __always_inline struct page_chunk *find_chunk(__u64 page)
{
	__u32 index = find_chunk_index(page);

	return index == NO_CHUNK ? NULL : chunk_at(index);
}

/* The chunk of this page, made if need be; NULL when there is no room. */
static __always_inline struct page_chunk *make_chunk(__u64 page)
{
	__u32 index = find_chunk_index(page);

	if (index == NO_CHUNK)
		index = take_chunk_index(page);
	return index == NO_CHUNK ? NULL : chunk_at(index);
}

/* The part of a chunk that lies in a range: records [from, to). */
struct chunk_part {
	struct page_chunk *chunk;
	__u64 first; /* page; only of those that move */
	__u32 from;
	__u32 to;
};

static __always_inline __u64 first_page(const struct page_chunk *chunk)
{
	return (chunk->key - PAGE_CHUNK_FIRST_KEY) << PAGE_CHUNK_SHIFT;
}

/* The index-th chunk that the range touches begins with this page. */
static __always_inline __u64 chunk_page(const struct page_range *range, __u32 index)
{
	return (range->first & -(__u64)PAGES_PER_CHUNK) + ((__u64)index << PAGE_CHUNK_SHIFT);
}

static __always_inline void cut(struct chunk_part *part, __u64 first, const struct page_range *range)
{
	part->from = range->first > first ? range->first - first : 0;
	part->to = range->end - first < PAGES_PER_CHUNK ? range->end - first : PAGES_PER_CHUNK;
}

static __always_inline __u32 chunks_in(const struct page_range *range)
{
	__u64 chunks = ((range->end - 1) >> PAGE_CHUNK_SHIFT) - (range->first >> PAGE_CHUNK_SHIFT) + 1;

	return chunks < MAX_LOOPS ? chunks : MAX_LOOPS;
}

/* The first page of the block that this one is part of. */
static __always_inline __u64 block_of(__u64 page)
{
	return page & -(__u64)PAGES_PER_BLOCK;
}

static __always_inline bool is_block_inside(__u64 page, const struct page_range *range)
{
	__u64 block = block_of(page);

	return block >= range->first && block + PAGES_PER_BLOCK <= range->end;
}

static long mark_gone(__u32 index, void *context)
{
	struct chunk_part *part = context;
	__u32 *record = &part->chunk->record[bounded(part->from + index, PAGES_PER_CHUNK - 1)];

	/* What is on the move has left this place: other pages, which came here since, go. */
	if (!(*record & PAGE_MOVING))
		*record |= PAGE_GONE;
	return 0;
}

static __always_inline void forget_first(struct page_chunk *chunk)
{
	chunk->first = 0;
	chunk->first_write = 0;
}

/* Drops the records of this chunk that lie in the range. */
static __always_inline void drop_from(struct page_chunk *chunk, const struct page_range *range)
{
	struct chunk_part part = { .chunk = chunk };
	__u64 first = first_page(chunk);

	if (is_block_inside(first, range)) {
		forget_first(chunk);
		if (!fault_control.moving) {
			__builtin_memset(chunk->record, 0, sizeof(chunk->record));
			/* Last: whoever takes the chunk next finds it empty. */
			publish(&chunk->key, PAGE_CHUNK_EMPTIED);
			return;
		}
	}
	cut(&part, first, range);
	bpf_loop(part.to - part.from, mark_gone, &part, 0);
}

static long drop_chunk(__u32 index, void *context)
{
	const struct page_range *range = context;
	struct page_chunk *chunk = find_chunk(chunk_page(range, index));

	if (chunk)
		drop_from(chunk, range);
	return 0;
}

static long drop_if_inside(__u32 index, void *context)
{
	const struct page_range *range = context;
	struct page_chunk *chunk = chunk_at(index);

	if (!chunk || chunk->key < PAGE_CHUNK_FIRST_KEY)
		return 0;
	if (first_page(chunk) < range->end && first_page(chunk) + PAGES_PER_CHUNK > range->first)
		drop_from(chunk, range);
	return 0;
}

static long find_any(__u32 index, void *context)
{
	struct page_range *block = context;

	if (find_chunk_index(chunk_page(block, index)) == NO_CHUNK)
		return 0;
	block->end = 0;
	return 1;
}

/* Whether anything is known of the block of pages that begins with this one. A global function, too. */
__noinline int is_block_known(__u64 first)
{
	struct page_range block = { .first = first, .end = 1 };

	bpf_loop(CHUNKS_PER_BLOCK, find_any, &block, 0);
	return !block.end;
}

static long drop_or_note(__u32 index, void *context)
{
	const struct page_range *range = context;
	struct page_chunk *chunk = make_chunk(chunk_page(range, index));

	if (chunk)
		drop_from(chunk, range);
	return 0;
}

/*
 * Pages of one block went, and others of it stayed. Of those that have no record it is noted, too: what brought the
 * block does not explain them any more. A global function, too.
 */
__noinline int drop_in_block(__u64 first, __u64 end)
{
	struct page_range range = { .first = first, .end = end };

	if (first < end && is_block_known(block_of(first)))
		bpf_loop(chunks_in(&range), drop_or_note, &range, 0);
	return 0;
}

/* Whole blocks. A global function, too. */
__noinline int drop_blocks(__u64 first, __u64 end)
{
	struct page_range range = { .first = first, .end = end };
	__u32 chunks;

	if (first >= end)
		return 0;
	chunks = chunks_in(&range);
	/* Of a wide range with few pages the table is looked through instead. */
	if (chunks < fault_config.page_chunks)
		bpf_loop(chunks, drop_chunk, &range, 0);
	else
		bpf_loop(fault_config.page_chunks, drop_if_inside, &range, 0);
	return 0;
}

/* The pages from first up to end went. A global function, too. */
__noinline int drop_records(__u64 first, __u64 end)
{
	__u64 inner = block_of(first + PAGES_PER_BLOCK - 1), outer = block_of(end);

	/* While the last snapshot is taken it may have seen them already. */
	if (first >= end || fault_control.phase != FAULTS_RECORDED)
		return 0;
	__sync_fetch_and_add(&fault_control.drops, 1);
	note_drop(first, end);
	if (inner > outer)
		return drop_in_block(first, end);
	drop_in_block(first, inner);
	drop_blocks(inner, outer);
	drop_in_block(outer, end);
	return 0;
}

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

/* What is known of a mapping. */
struct mapping_seen {
	__u64 start; /* address */
	__u64 end;
	__u64 flags;
	__u64 is_file;
};

static long see_mapping(struct task_struct *task, struct vm_area_struct *vma, void *context)
{
	struct mapping_seen *seen = context;

	seen->start = BPF_CORE_READ(vma, vm_start);
	seen->end = BPF_CORE_READ(vma, vm_end);
	seen->flags = BPF_CORE_READ(vma, vm_flags);
	seen->is_file = !!BPF_CORE_READ(vma, vm_file);
	return 0;
}

/*
 * Looks up the mapping at this address, of which there may be none; 0, or -NO_ENTRY, or -LOCK_BUSY where the kernel is
 * just changing mappings. Otherwise than with 0 what is there stays.
 */
static __always_inline long look_at_mapping(__u64 address, struct mapping_seen *seen)
{
	return bpf_find_vma(bpf_get_current_task_btf(), address, see_mapping, seen, 0);
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

	if (chunk && replace == FILL_ALL && begins_anew(chunk, page, record)) {
		drop_blocks(block_of(page), block_of(page) + PAGES_PER_BLOCK);
		chunk = make_chunk(page);
	}
	if (!chunk)
		return false;
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

struct fill {
	struct page_range range;
	struct chunk_part part;
	__u32 record;
	__u32 replace;
	__u32 noted;
	__u64 lost;
};

/* Whether what is known of a page stays, which was not noted to be missing. */
static __always_inline bool stays(const struct fill *fill, __u32 was)
{
	if (fill->replace == FILL_AWAITED)
		return true;
	/* A read most likely brought it: what is in the page cache. */
	if (fill->replace == FILL_MISSING && is_of_window(was))
		return true;
	/* It was there, or came back, with others. */
	return fill->noted &&
	       (was & PAGE_GONE || (fault_control.tables.direct_map && fill->replace == FILL_MISSING && !was));
}

static long fill_page(__u32 index, void *context)
{
	struct fill *fill = context;
	__u32 at = fill->part.from + index;
	__u32 *slot = &fill->part.chunk->record[bounded(at, PAGES_PER_CHUNK - 1)];
	__u32 was = displace(first_page(fill->part.chunk) + at, slot);

	/* Such a page came by the call alone, as do all others of its; one of a window only maybe. */
	if (was == PAGE_AWAITED) {
		*slot = fill->record & PAGE_KEPT ? fill->record : (fill->record & ~PAGE_FILLED) | PAGE_AGAIN;
		return 0;
	}
	if (stays(fill, was))
		return 0;
	/* A page that went, or was the zero page, was surely not there. */
	if (gives_way(was, fill->replace))
		*slot = was & PAGE_GONE || (was & (PAGE_READ | PAGE_FILLED)) == PAGE_READ ? fill->record & ~PAGE_FILLED
											  : fill->record;
	return 0;
}

static long fill_chunk(__u32 index, void *context)
{
	struct fill *fill = context;
	__u64 first = chunk_page(&fill->range, index);

	cut(&fill->part, first, &fill->range);
	fill->part.chunk = make_chunk(first);
	if (fill->part.chunk) {
		bpf_loop(fill->part.to - fill->part.from, fill_page, fill, 0);
		if (fill->replace != FILL_AWAITED)
			note_first(fill->part.chunk, fill->record);
	} else {
		fill->lost += fill->part.to - fill->part.from;
	}
	return 0;
}

/*
 * One call brought these pages; replace says which of them, maybe with FILL_NOTED. Comes back with the number of pages
 * for which there was no room. A global function, too.
 */
__noinline __u64 fill_records(__u64 first, __u64 end, __u32 record, __u32 replace)
{
	struct fill fill = {
		.range = { .first = first, .end = end },
		.record = record,
		.replace = replace & ~FILL_NOTED,
		.noted = replace & FILL_NOTED,
	};

	if (fill.replace == FILL_ALL && fault_control.phase != FAULTS_RECORDED)
		fill.replace = FILL_READ;
	if (first < end)
		bpf_loop(chunks_in(&fill.range), fill_chunk, &fill, 0);
	return fill.lost;
}

struct marking {
	struct page_range range;
	struct chunk_part part;
	__u32 mark;
};

/* The page is tried where page tables are not read. */
static long note_if_absent(__u32 index, void *context)
{
	struct chunk_part *part = context;
	__u32 at = part->from + index;
	__u32 *record = &part->chunk->record[bounded(at, PAGES_PER_CHUNK - 1)];
	__u8 byte;

	if (!(*record & (PAGE_KEPT | PAGE_MOVING)) &&
	    bpf_probe_read_user(&byte, sizeof(byte), (void *)((part->first + at) << PAGE_SHIFT)))
		*record = PAGE_AWAITED;
	return 0;
}

/* Of so many neighbours; which are missing is read at once. */
static long note_absent_ones(__u32 index, void *context)
{
	struct chunk_part *part = context;
	__u32 begin = index * PAGES_AROUND;
	__u32 absent = absent_pages(part->first + begin, PAGES_AROUND);

	for (__u32 i = 0; i < PAGES_AROUND; i++) {
		__u32 *record = &part->chunk->record[bounded(begin + i, PAGES_PER_CHUNK - 1)];

		if (absent >> i & 1 && begin + i >= part->from && begin + i < part->to && !(*record & PAGE_MOVING))
			*record = PAGE_AWAITED;
	}
	return 0;
}

static long note_absent_of_chunk(__u32 index, void *context)
{
	struct marking *marking = context;
	__u64 first = chunk_page(&marking->range, index);

	cut(&marking->part, first, &marking->range);
	marking->part.first = first;
	marking->part.chunk = make_chunk(first);
	if (!marking->part.chunk)
		return 0;
	if (fault_control.tables.direct_map)
		bpf_loop(PAGES_PER_CHUNK / PAGES_AROUND, note_absent_ones, &marking->part, 0);
	else
		bpf_loop(marking->part.to - marking->part.from, note_if_absent, &marking->part, 0);
	return 0;
}

/*
 * Of these pages it is noted which are not there. The process may read them, or page tables are read: faults are off
 * meanwhile. A global function, too.
 */
__noinline int note_absent(__u64 first, __u64 end)
{
	struct marking marking = { .range = { .first = first, .end = end } };

	if (first < end)
		bpf_loop(chunks_in(&marking.range), note_absent_of_chunk, &marking, 0);
	return 0;
}

struct owner {
	__u64 block; /* its first page */
	__u64 time;
	__u32 record; /* 0: none */
};

static long find_owner(__u32 index, void *context)
{
	struct owner *owner = context;
	struct page_chunk *chunk = find_chunk(owner->block + ((__u64)index << PAGE_CHUNK_SHIFT));

	if (chunk && chunk->first_write && (!owner->record || chunk->first_write_time < owner->time)) {
		owner->record = chunk->first_write;
		owner->time = chunk->first_write_time;
	}
	return 0;
}

struct move {
	struct page_range from;
	struct chunk_part part;
	struct owner owner; /* what brought the block, if that was a huge page */
	__u32 replace;
	__u64 shift;
	__u64 lost;
};

/* The record of a page that was put aside; 0: none. */
static __always_inline __u32 take_displaced(__u64 page)
{
	__u32 *kept = bpf_map_lookup_elem(&displaced_records, &page);
	__u32 record;

	if (!kept)
		return 0;
	record = *kept;
	bpf_map_delete_elem(&displaced_records, &page);
	return record;
}

/* Whether the page is part of the huge page, if there was one: nothing else is known to have brought it. */
static __always_inline bool is_of_others(__u32 record)
{
	if (!record || (record & (PAGE_FILLED | PAGE_GONE)) == PAGE_FILLED)
		return true;
	return record & PAGE_KEPT && !is_of_window(record);
}

static long move_page(__u32 index, void *context)
{
	struct move *move = context;
	__u32 at = move->part.from + index;
	__u64 page = move->part.first + at;
	__u32 record = 0;

	if (move->part.chunk) {
		__u32 *slot = &move->part.chunk->record[bounded(at, PAGES_PER_CHUNK - 1)];

		record = *slot;
		/* Not what came here since. */
		if (!(record & PAGE_MOVING)) {
			record = record & PAGE_GONE ? PAGE_GONE : 0;
			if (fault_control.displaced)
				record = take_displaced(page) ?: record;
		} else {
			record &= ~PAGE_MOVING;
		}
		/* While the last snapshot is taken it may have seen the page in either place. */
		if (move->replace != FILL_ALL)
			*slot &= ~PAGE_MOVING;
		else if (!*slot || *slot & PAGE_MOVING)
			*slot = PAGE_GONE;
	}
	/* It may leave the others. */
	if (is_of_others(record))
		record = move->owner.record ?: record;
	/* One of a page that went, too: its neighbours move. */
	if (record & PAGE_STACK_MASK && !set_record(page + move->shift, record, move->replace, NULL))
		move->lost++;
	return 0;
}

static long move_chunk(__u32 index, void *context)
{
	struct move *move = context;
	__u64 first = chunk_page(&move->from, index);
	__u64 block = block_of(first);

	cut(&move->part, first, &move->from);
	move->part.first = first;
	move->part.chunk = find_chunk(first);
	if (fault_config.huge && (!index || block != move->owner.block)) {
		move->owner.block = block;
		move->owner.record = 0;
		bpf_loop(CHUNKS_PER_BLOCK, find_owner, &move->owner, 0);
	}
	/* Of pages that had no record it is noted that they went from here. */
	if (!move->part.chunk && move->owner.record && !is_block_inside(first, &move->from))
		move->part.chunk = make_chunk(first);
	if (move->part.chunk || move->owner.record)
		bpf_loop(move->part.to - move->part.from, move_page, move, 0);
	if (move->part.chunk && move->replace == FILL_ALL && is_block_inside(first, &move->from))
		forget_first(move->part.chunk);
	return 0;
}

/* No mark: what is on the move stays after all. */
#define MARK_STAYS 0

static long mark_record(__u32 index, void *context)
{
	struct marking *marking = context;
	__u32 *record = &marking->part.chunk->record[bounded(marking->part.from + index, PAGES_PER_CHUNK - 1)];

	if (marking->mark == MARK_STAYS)
		*record &= ~PAGE_MOVING;
	else if (!(*record & PAGE_MOVING) && (*record || marking->mark != PAGE_MOVING))
		*record |= marking->mark;
	return 0;
}

static long mark_records_of_chunk(__u32 index, void *context)
{
	struct marking *marking = context;
	__u64 first = chunk_page(&marking->range, index);

	cut(&marking->part, first, &marking->range);
	marking->part.chunk = find_chunk(first);
	if (marking->part.chunk)
		bpf_loop(marking->part.to - marking->part.from, mark_record, marking, 0);
	return 0;
}

/* Marks these pages' records, all but those on the move. A global function, too. */
__noinline int mark_records(__u64 first, __u64 end, __u32 mark)
{
	struct marking marking = { .range = { .first = first, .end = end }, .mark = mark };

	if (first < end)
		bpf_loop(chunks_in(&marking.range), mark_records_of_chunk, &marking, 0);
	return 0;
}

/*
 * These pages went to where page `to` is the first, and their records with them. Comes back with the number of records
 * for which there was no room. A global function, too.
 */
__noinline __u64 move_records(__u64 first, __u64 end, __u64 to)
{
	bool is_closing = fault_control.phase != FAULTS_RECORDED;
	struct move move = {
		.from = { .first = first, .end = end },
		.replace = is_closing ? FILL_READ : FILL_ALL,
		.shift = to - first,
	};

	if (first >= end)
		return 0;
	drop_records(to, to + (end - first));
	bpf_loop(chunks_in(&move.from), move_chunk, &move, 0);
	return move.lost;
}

#endif
