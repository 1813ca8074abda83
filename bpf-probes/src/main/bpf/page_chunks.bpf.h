/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The table of which stack brought each page of the process: records by page number, in chunks of neighbours. Ranges are
 * worked on by chunks, so that they cost little beside what the kernel does for the pages themselves.
 */
#ifndef PAGE_CHUNKS_BPF_H
#define PAGE_CHUNKS_BPF_H

#include "fault_control.bpf.h"
#include "kernel.bpf.h"
#include "memstacks.h"
#include "walk.bpf.h"

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

#endif
