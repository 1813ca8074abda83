/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * munmap's probe sits behind the system call: until it is reached, other threads may have mapped some of what was
 * unmapped, and brought pages there. Those keep their records.
 */
#ifndef UNMAPPING_BPF_H
#define UNMAPPING_BPF_H

#include "mapping_look.bpf.h"
#include "mapping_tree.bpf.h"
#include "page_moves.bpf.h"

/* Mappings and the spaces between them; what lies beyond counts as mapped. */
#define MOST_PIECES 64

/* Whether there is a mapping at this page; no, where the kernel goes on changing mappings. */
static __always_inline bool is_surely_mapped(__u64 page)
{
	struct mapping_seen seen = {};

	return !see_mapping_at(page << PAGE_SHIFT, &seen);
}

/* A piece that has no mapping by the tree may be one that is just being changed. */
static __always_inline bool is_unmapped(const struct page_range *range, const struct tree_piece *piece)
{
	return !piece->is_mapped && !is_surely_mapped(range->first) && !is_surely_mapped(range->end - 1);
}

static long drop_piece(__u32 index, void *context)
{
	struct page_range *left = context;
	struct page_range range = *left;
	struct tree_piece piece = {};

	piece_at(range.first, &piece);
	if (piece.end > range.first && piece.end < range.end)
		range.end = piece.end;
	/* No tree before Linux 6.1. */
	if (is_unmapped(&range, &piece))
		drop_records(range.first, range.end);
	else
		mark_records(range.first, range.end, PAGE_BUFFER);
	left->first = range.end;
	return left->first >= left->end;
}

/* Drops the records of pages, one at least, that were unmapped and where nothing is mapped since. A global function. */
__noinline int drop_unmapped(__u64 first, __u64 end)
{
	struct page_range left = { .first = first, .end = end };

	bpf_loop(MOST_PIECES, drop_piece, &left, 0);
	mark_records(left.first, left.end, PAGE_BUFFER);
	return 0;
}

#endif
