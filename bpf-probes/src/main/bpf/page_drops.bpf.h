/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A record dies with its page. */
#ifndef PAGE_DROPS_BPF_H
#define PAGE_DROPS_BPF_H

#include "page_changes.bpf.h"
#include "page_chunks.bpf.h"

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

/* Pages go: whoever remembers what was recorded of some is to look again, and the collector learns of it. */
static __always_inline void tell_drop(__u64 first, __u64 end)
{
	__sync_fetch_and_add(&fault_control.drops, 1);
	note_drop(first, end);
}

/* The pages from first up to end went. A global function, too. */
__noinline int drop_records(__u64 first, __u64 end)
{
	__u64 inner = block_of(first + PAGES_PER_BLOCK - 1), outer = block_of(end);

	/* While the last snapshot is taken it may have seen them already. */
	if (first >= end || fault_control.phase != FAULTS_RECORDED)
		return 0;
	tell_drop(first, end);
	if (inner > outer)
		return drop_in_block(first, end);
	drop_in_block(first, inner);
	drop_blocks(inner, outer);
	drop_in_block(outer, end);
	return 0;
}

#endif
