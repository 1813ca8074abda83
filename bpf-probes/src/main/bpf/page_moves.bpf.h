/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Records move with their pages. */
#ifndef PAGE_MOVES_BPF_H
#define PAGE_MOVES_BPF_H

#include "page_records.bpf.h"

struct marking {
	struct page_range range;
	struct chunk_part part;
	__u32 mark;
};

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
	__u32 absent; /* of the pages from `looked_at` on, where they went: a bit for each */
	__u64 looked_at;
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

/* Whether nothing arrived where this page went; no, where page tables are not read. */
static __always_inline bool did_not_arrive(struct move *move, __u64 page)
{
	__u64 to = page + move->shift;
	__u64 first = to & -(__u64)PAGES_AROUND;

	if (move->looked_at != first) {
		move->looked_at = first;
		move->absent = absent_pages(first, PAGES_AROUND);
	}
	return move->absent >> (to - first) & 1;
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
	if (move->owner.record && is_of_others(record) && !did_not_arrive(move, page))
		record = move->owner.record;
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

static long drop_marked_record(__u32 index, void *context)
{
	struct chunk_part *part = context;
	__u32 at = part->from + index;
	__u32 *record = &part->chunk->record[bounded(at, PAGES_PER_CHUNK - 1)];

	/* Not what came here since. */
	if (!*record || *record & PAGE_MOVING)
		*record = (*record & ~PAGE_MOVING) | PAGE_GONE;
	else if (fault_control.displaced)
		take_displaced(part->first + at);
	return 0;
}

static long drop_marked_of_chunk(__u32 index, void *context)
{
	struct marking *marking = context;
	__u64 first = chunk_page(&marking->range, index);
	bool is_whole = is_block_inside(first, &marking->range);

	cut(&marking->part, first, &marking->range);
	marking->part.first = first;
	/* As in drop_in_block. */
	marking->part.chunk = is_whole || !is_block_known(block_of(first)) ? find_chunk(first) : make_chunk(first);
	if (!marking->part.chunk)
		return 0;
	bpf_loop(marking->part.to - marking->part.from, drop_marked_record, &marking->part, 0);
	if (is_whole)
		forget_first(marking->part.chunk);
	return 0;
}

/* These pages, which were marked to be on the move, went instead. A global function, too. */
__noinline int drop_marked(__u64 first, __u64 end)
{
	struct marking marking = { .range = { .first = first, .end = end } };

	if (first >= end)
		return 0;
	tell_drop(first, end);
	bpf_loop(chunks_in(&marking.range), drop_marked_of_chunk, &marking, 0);
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
