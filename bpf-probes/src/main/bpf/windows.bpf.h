/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a read of a file's page brings besides: of the window around it the pages that are in the page cache
 * (do_fault_around in mm/memory.c). Of those that are missing it is noted that it may have brought them, which is so if
 * they are there later, unless a later fault says more.
 */
#ifndef WINDOWS_BPF_H
#define WINDOWS_BPF_H

#include "mapping_tree.bpf.h"
#include "page_records.bpf.h"
#include "page_tables.bpf.h"

/* The window around a page: within its mapping, and one table's pages. */
static __always_inline struct page_range window_around(const struct file_mapping *mapping, __u64 page)
{
	struct page_range window = { .first = page & -(__u64)PAGES_AROUND };
	__u64 table_end = block_of(page) + PAGES_PER_BLOCK;

	if (window.first < mapping->first)
		window.first = mapping->first;
	window.end = window.first + PAGES_AROUND;
	if (window.end > mapping->end)
		window.end = mapping->end;
	if (window.end > table_end)
		window.end = table_end;
	return window;
}

/* Notes the record for those pages of one chunk that the bits tell, the lowest of which is for the first page. */
static __always_inline void mark_in_chunk(__u64 first, __u32 pages, __u32 record)
{
	struct page_chunk *chunk = pages ? make_chunk(first) : NULL;
	__u32 at = first & (PAGES_PER_CHUNK - 1);

	if (!chunk)
		return;
	for (__u32 i = 0; i < PAGES_AROUND; i++) {
		__u32 *slot = &chunk->record[bounded(at + i, PAGES_PER_CHUNK - 1)];

		if (at + i >= PAGES_PER_CHUNK)
			break;
		/* While the last snapshot is taken it may have seen the page as it was before. */
		if (!(pages >> i & 1) || (fault_control.phase != FAULTS_RECORDED && *slot))
			continue;
		displace(first + i, slot);
		*slot = record;
	}
}

/* A read, with this record, brings the page, and maybe others. A global function. */
__noinline int mark_window(__u64 page, __u32 record)
{
	struct file_mapping mapping = {};
	struct page_range window;
	__u32 absent, in_first;

	if (!fault_control.tables.direct_map)
		return 0;
	file_mapping_at(page << PAGE_SHIFT, &mapping);
	if (mapping.first >= mapping.end)
		return 0;
	window = window_around(&mapping, page);
	absent = absent_pages(window.first, window.end - window.first) & ~(1u << (page - window.first));
	in_first = PAGES_PER_CHUNK - (window.first & (PAGES_PER_CHUNK - 1));
	mark_in_chunk(window.first, absent, record | PAGE_KEPT);
	/* A mapping may begin anywhere. */
	if (in_first < PAGES_AROUND)
		mark_in_chunk(window.first + in_first, absent >> in_first, record | PAGE_KEPT);
	return 0;
}

#endif
