/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Pages that one call brings, and which of them are missing before it does. */
#ifndef PAGE_FILLS_BPF_H
#define PAGE_FILLS_BPF_H

#include "page_records.bpf.h"

struct fill {
	struct page_range range;
	struct chunk_part part;
	__u32 record;
	__u32 replace;
	__u32 noted;
	__u32 came; /* 1: some of the chunk */
	__u64 lost;
};

/* Whether what is known of a page stays, which was not noted to be missing. */
static __always_inline bool stays(const struct fill *fill, __u32 was)
{
	bool copies = fill->replace == FILL_READ && was & PAGE_READ;

	if (fill->replace == FILL_AWAITED)
		return true;
	/* A read most likely brought it: what is in the page cache. */
	if (fill->replace == FILL_MISSING && is_of_window(was))
		return true;
	/* It was there, or came back, with others; but what was read of a file is copied. */
	return fill->noted && (was & PAGE_GONE || (fault_control.tables.direct_map && !copies));
}

static long fill_page(__u32 index, void *context)
{
	struct fill *fill = context;
	__u32 at = fill->part.from + index;
	__u32 *slot = &fill->part.chunk->record[bounded(at, PAGES_PER_CHUNK - 1)];
	__u32 was = displace(first_page(fill->part.chunk) + at, slot);

	/* Such a page came by the call alone, as do all others of its; one of a window only maybe. */
	if (is_awaited(was)) {
		fill->came = 1;
		*slot = fill->record & PAGE_KEPT ? fill->record : (fill->record & ~PAGE_FILLED) | PAGE_AGAIN;
		return 0;
	}
	if (stays(fill, was))
		return 0;
	/* A page that went, or was the zero page, was surely not there. */
	if (!gives_way(was, fill->replace))
		return 0;
	fill->came = 1;
	if (was & PAGE_GONE)
		*slot = (fill->record & ~PAGE_FILLED) | PAGE_AGAIN;
	else
		*slot = (was & (PAGE_READ | PAGE_FILLED)) == PAGE_READ ? fill->record & ~PAGE_FILLED : fill->record;
	return 0;
}

static long fill_chunk(__u32 index, void *context)
{
	struct fill *fill = context;
	__u64 first = chunk_page(&fill->range, index);

	cut(&fill->part, first, &fill->range);
	fill->part.chunk = make_chunk(first);
	if (fill->part.chunk) {
		fill->came = 0;
		bpf_loop(fill->part.to - fill->part.from, fill_page, fill, 0);
		if (fill->came && fill->replace != FILL_AWAITED)
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

struct noting {
	struct page_range range;
	struct chunk_part part;
	__u32 writes; /* the call does, and copies what it may not write to */
	__u32 reserved;
};

/* The page is not there; one that another thread's mremap took away is on the move still. */
static __always_inline void await_page(__u64 page, __u32 *record)
{
	displace(page, record);
	*record = PAGE_AWAITED;
}

/* The page is tried where page tables are not read. */
static long note_if_absent(__u32 index, void *context)
{
	struct chunk_part *part = context;
	__u32 at = part->from + index;
	__u32 *record = &part->chunk->record[bounded(at, PAGES_PER_CHUNK - 1)];
	__u8 byte;

	if (!(*record & PAGE_KEPT) &&
	    bpf_probe_read_user(&byte, sizeof(byte), (void *)((part->first + at) << PAGE_SHIFT)))
		await_page(part->first + at, record);
	return 0;
}

/* Of so many neighbours; which are missing is read at once. */
static long note_absent_ones(__u32 index, void *context)
{
	struct noting *noting = context;
	__u32 begin = index * PAGES_AROUND;
	struct found_pages found = {};

	if (noting->writes)
		find_pages(noting->part.first + begin, &found);
	else
		found.missing = absent_pages(noting->part.first + begin, PAGES_AROUND);
	for (__u32 i = 0; i < PAGES_AROUND; i++) {
		__u32 *record = &noting->part.chunk->record[bounded(begin + i, PAGES_PER_CHUNK - 1)];

		if (begin + i < noting->part.from || begin + i >= noting->part.to)
			continue;
		if (found.missing >> i & 1)
			await_page(noting->part.first + begin + i, record);
		/* It was read as the zero page, and a huge page took that one's place. */
		else if (found.writable >> i & 1 && (*record & (PAGE_READ | PAGE_MOVING)) == PAGE_READ)
			*record = 0;
	}
	return 0;
}

static long note_absent_of_chunk(__u32 index, void *context)
{
	struct noting *noting = context;
	__u64 first = chunk_page(&noting->range, index);

	cut(&noting->part, first, &noting->range);
	noting->part.first = first;
	noting->part.chunk = make_chunk(first);
	if (!noting->part.chunk)
		return 0;
	if (fault_control.tables.direct_map)
		bpf_loop(PAGES_PER_CHUNK / PAGES_AROUND, note_absent_ones, noting, 0);
	else
		bpf_loop(noting->part.to - noting->part.from, note_if_absent, &noting->part, 0);
	return 0;
}

/*
 * Of these pages it is noted which are not there. The process may read them, or page tables are read: faults are off
 * meanwhile. A global function, too.
 */
__noinline int note_absent(__u64 first, __u64 end, __u32 writes)
{
	struct noting noting = { .range = { .first = first, .end = end }, .writes = writes };

	if (first < end)
		bpf_loop(chunks_in(&noting.range), note_absent_of_chunk, &noting, 0);
	return 0;
}

#endif
