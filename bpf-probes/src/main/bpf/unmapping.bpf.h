/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Memory is unmapped. Where munmap's own probe tells, behind the system call, other threads may have mapped some of it
 * meanwhile, and brought pages there: those keep their records.
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

struct unmapping {
	struct page_range left;
	__u32 is_locked; /* nobody else changes mappings */
	__u32 reserved;
};

/* A piece that has no mapping by the tree may be one that is just being changed. */
static __always_inline bool is_unmapped(const struct unmapping *unmapping, const struct page_range *range,
					const struct tree_piece *piece)
{
	if (piece->is_mapped || unmapping->is_locked)
		return !piece->is_mapped;
	return !is_surely_mapped(range->first) && !is_surely_mapped(range->end - 1);
}

/* There is a mapping: another one than before, unless nobody else can have made one. Then the call did nothing. */
static __always_inline void doubt_records(const struct unmapping *unmapping, struct page_range range)
{
	if (!unmapping->is_locked)
		mark_records(range.first, range.end, PAGE_BUFFER);
}

static long drop_piece(__u32 index, void *context)
{
	struct unmapping *unmapping = context;
	struct page_range range = unmapping->left;
	struct tree_piece piece = {};

	piece_at(range.first, &piece);
	if (piece.end > range.first && piece.end < range.end)
		range.end = piece.end;
	/* No tree before Linux 6.1. */
	if (is_unmapped(unmapping, &range, &piece))
		drop_records(range.first, range.end);
	else
		doubt_records(unmapping, range);
	unmapping->left.first = range.end;
	return range.end >= unmapping->left.end;
}

/* Drops the records of pages, one at least, that were unmapped and where nothing is mapped since. A global function. */
__noinline int drop_unmapped(__u64 first, __u64 end, __u32 is_locked)
{
	struct unmapping unmapping = { .left = { .first = first, .end = end }, .is_locked = is_locked };

	bpf_loop(MOST_PIECES, drop_piece, &unmapping, 0);
	doubt_records(&unmapping, unmapping.left);
	return 0;
}

#endif
