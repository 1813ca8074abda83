/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Calls that bring whatever is missing of a range, without a fault: mlock and its like. What that is is noted when the
 * call begins, and told when it returns.
 */
#ifndef FILLING_BPF_H
#define FILLING_BPF_H

#include "mapping_tree.bpf.h"
#include "page_fills.bpf.h"
#include "windows.bpf.h"

/*
 * What is to be brought is looked for so far where the page tables are not read: a page that is not there costs a
 * microsecond.
 */
#define MOST_PAGES_TRIED   (1u << 18)
#define MAPPINGS_LOOKED_AT 64

/* How the call brings pages. */
enum filling_by {
	/* A private mapping that may be written is written, others are read (populate_vma_page_range in mm/gup.c). */
	FILLS_AS_MLOCK = 0,
	/* Likewise; of what is there a huge page is made. */
	FILLS_COLLAPSING,
	FILLS_READING,
	FILLS_WRITING,
};

struct filling {
	struct page_range range; /* what is still to do */
	__u32 by;
	__u32 record; /* 0: what is missing is noted */
	__u32 noted;  /* FILL_NOTED: that was done; with record */
	__u32 failed; /* to note it */
	__u64 lost;
};

static __always_inline bool is_private_writable(const struct mapping_seen *seen)
{
	return (seen->flags & (VM_WRITE_FLAG | VM_SHARED_FLAG)) == VM_WRITE_FLAG;
}

static __always_inline bool reads(const struct filling *filling, const struct mapping_seen *seen)
{
	return filling->by == FILLS_READING || (filling->by != FILLS_WRITING && !is_private_writable(seen));
}

/* The windows of the first and the last page of a file's mapping, which reads bring with these; else these. */
static __always_inline struct page_range with_windows(const struct filling *filling, const struct mapping_seen *seen,
						      struct page_range pages)
{
	struct file_mapping mapping = { .first = seen->start >> PAGE_SHIFT, .end = seen->end >> PAGE_SHIFT };
	struct page_range wide = pages;

	if (!seen->is_file || !fault_control.tables.direct_map || !reads(filling, seen))
		return pages;
	wide.first = window_around(&mapping, pages.first).first;
	wide.end = window_around(&mapping, pages.end - 1).end;
	return wide;
}

static __always_inline void note_missing(struct filling *filling, const struct mapping_seen *seen,
					 struct page_range pages)
{
	struct page_range wide = with_windows(filling, seen, pages);

	/* Pages are tried by reading them. */
	if (!fault_control.tables.direct_map && !(seen->flags & VM_READ_FLAG))
		filling->failed = 1;
	else
		note_absent(wide.first, wide.end, is_private_writable(seen) && !reads(filling, seen));
}

static __always_inline void fill_mapping(struct filling *filling, const struct mapping_seen *seen,
					 struct page_range pages)
{
	struct page_range wide = with_windows(filling, seen, pages);
	bool is_read = reads(filling, seen);
	__u32 record = filling->record | (is_read ? PAGE_READ : 0);
	__u32 replace = is_private_writable(seen) && !is_read ? FILL_READ : FILL_MISSING;

	if (filling->by != FILLS_COLLAPSING)
		record |= PAGE_FILLED;
	filling->lost += fill_records(pages.first, pages.end, record, replace | filling->noted);
	if (!filling->noted)
		return;
	fill_records(wide.first, pages.first, filling->record | PAGE_READ | PAGE_KEPT, FILL_AWAITED);
	fill_records(pages.end, wide.end, filling->record | PAGE_READ | PAGE_KEPT, FILL_AWAITED);
}

/* The part that lies in one mapping. */
static long next_mapping(__u32 index, void *context)
{
	struct filling *filling = context;
	struct page_range pages = filling->range;
	struct mapping_seen seen = {};

	/* While others change mappings, one that is found says what it is. */
	if (see_mapping_at(pages.first << PAGE_SHIFT, &seen) == -LOCK_BUSY)
		mapping_in_tree(pages.first << PAGE_SHIFT, &seen);
	if (!seen.end)
		return 1;
	if (pages.end > seen.end >> PAGE_SHIFT)
		pages.end = seen.end >> PAGE_SHIFT;
	if (filling->record)
		fill_mapping(filling, &seen, pages);
	else
		note_missing(filling, &seen, pages);
	filling->range.first = pages.end;
	return filling->range.first >= filling->range.end;
}

/* Goes through the mappings of the range; what is left of it is not known. A global function. */
__noinline int go_through(struct filling *filling)
{
	struct filling going;

	if (!filling || filling->range.first >= filling->range.end)
		return 0;
	going = *filling;
	bpf_loop(MAPPINGS_LOOKED_AT, next_mapping, &going, 0);
	*filling = going;
	return 0;
}

/*
 * The call is about to bring what is missing of these pages. FILL_NOTED, or 0: it stays unknown, or so of some. Where
 * page tables are not read, the kernel may have taken a page's entry away to see who uses it (NUMA hints).
 */
static __always_inline __u32 note_what_is_missing(struct page_range range, __u32 by)
{
	struct filling filling = { .range = range, .by = by };

	if (fault_control.phase != FAULTS_RECORDED)
		return 0;
	if (!fault_control.tables.direct_map && (fault_config.numa_hints || range.end - range.first > MOST_PAGES_TRIED))
		return 0;
	go_through(&filling);
	/* Page tables tell also where mappings are just changed. */
	if (fault_control.tables.direct_map)
		note_absent(filling.range.first, filling.range.end, false);
	else if (filling.range.first < filling.range.end)
		filling.failed = 1;
	return filling.failed ? 0 : FILL_NOTED;
}

/*
 * The call brought what was missing. Of many mappings the first ones are looked at; beyond, and where the kernel is just
 * changing mappings, what is known of a page stays. Comes back with the number of pages for which there was no room.
 */
static __always_inline __u64 fill_missing(struct page_range range, __u32 by, __u32 record, __u32 noted)
{
	struct filling filling = { .range = range, .by = by, .record = record, .noted = noted };

	go_through(&filling);
	return filling.lost +
	       fill_records(filling.range.first, filling.range.end, record | PAGE_FILLED, FILL_MISSING | noted);
}

#endif
