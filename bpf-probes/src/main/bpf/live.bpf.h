/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Live blocks by address. The traced program orders what happens to one address itself: a block is recorded before
 * its allocation returns and forgotten before its free begins, so only slots need atomic claims, not blocks.
 *
 * The first table is small. The collector adds larger ones while blocks are recorded; nothing moves, so that no block
 * is ever in two places or in none: new blocks go to the newest table, and an address is looked for in all of them.
 *
 * When the target calls exec, blocks of the address space it left stay where they are until somebody needs the place.
 *
 * A block that is taken out leaves its address behind (LIVE_LEFT), by which a later free of the same address is known
 * for none of a block from before the window.
 */
#ifndef LIVE_BPF_H
#define LIVE_BPF_H

#include "tables.bpf.h"

/* Open-addressed in buckets of eight. A full bucket sends the block to an older table, at last to the overflow. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* config.live_buckets */
	__type(key, __u32);
	__type(value, struct live_bucket);
} live_buckets SEC(".maps");

/* What a table added later is made like. */
struct live_table {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__uint(max_entries, 1); /* control.live_more_buckets */
	__type(key, __u32);
	__type(value, struct live_bucket);
};

/* Tables added later, control.live_more of them. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, MAX_LIVE_TABLES);
	__type(key, __u32);
	__array(values, struct live_table);
} live_tables SEC(".maps");

/* Blocks whose buckets were full; memory is taken as they come. Full: counted as lost, with its bytes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1); /* set before load */
	__type(key, __u64);
	__type(value, struct live_block);
} live_overflow SEC(".maps");

enum live_result {
	LIVE_INSERTED,
	LIVE_REPLACED,
	LIVE_LOST,
};

static __always_inline __u32 live_index(__u64 address, __u32 buckets)
{
	__u64 hash = (address >> 4) * HASH_FACTOR >> 32;

	return hash * buckets >> 32;
}

static __always_inline struct live_bucket *first_bucket_of(__u64 address)
{
	__u32 index = live_index(address, config.live_buckets);

	return bpf_map_lookup_elem(&live_buckets, &index);
}

/* The bucket in the table added as number `table`. */
static __always_inline struct live_bucket *bucket_of(__u32 table, __u64 address)
{
	void *added = bpf_map_lookup_elem(&live_tables, &table);
	__u32 index;

	if (!added || table >= MAX_LIVE_TABLES)
		return NULL;
	index = live_index(address, control.live_more_buckets[table]);
	return bpf_map_lookup_elem(added, &index);
}

static __always_inline bool is_gone(const struct live_block *block)
{
	return block->size_execs >> LIVE_SIZE_BITS != (control.execs & 0xffff);
}

static __always_inline __u64 block_size(const struct live_block *block)
{
	return block->size_execs & LIVE_SIZE_MASK;
}

static __always_inline void count_gone(struct stats *stats, const struct live_block *block)
{
	count(&stats->gone_blocks, 1);
	count(&stats->gone_bytes, block_size(block));
}

/* Gives the slot, which is claimed, to a block. */
static __always_inline void fill_slot(struct live_bucket *bucket, int way, __u64 address,
				      const struct live_block *block)
{
	bucket->block[way] = *block;
	/* After the block: whoever sees the address sees it all. */
	publish(&bucket->address[way], address);
}

static __always_inline bool is_left(__u64 slot)
{
	return slot >> 63;
}

static __always_inline bool claim_slot(struct live_bucket *bucket, int way, __u64 from)
{
	return __sync_val_compare_and_swap(&bucket->address[way], from, LIVE_CLAIMED) == from;
}

/* Puts the block in place of one that is, or was, recorded at this address; false when there is none. */
static __always_inline bool replace_in(struct live_bucket *bucket, struct stats *stats, __u64 address,
				       const struct live_block *block, enum live_result *result)
{
	for (int way = 0; way < LIVE_WAYS; way++) {
		__u64 old = bucket->address[way];

		if ((old & ~LIVE_LEFT) != address)
			continue;
		*result = LIVE_REPLACED;
		if (is_left(old) || is_gone(&bucket->block[way])) {
			if (!claim_slot(bucket, way, old))
				return false;
			if (!is_left(old))
				count_gone(stats, &bucket->block[way]);
			*result = LIVE_INSERTED;
		}
		fill_slot(bucket, way, address, block);
		return true;
	}
	return false;
}

/* Puts the block into a free slot; false when there is none. */
static __always_inline bool place_in(struct live_bucket *bucket, __u64 address, const struct live_block *block)
{
	for (int way = 0; way < LIVE_WAYS; way++) {
		if (bucket->address[way] == 0 && claim_slot(bucket, way, 0)) {
			fill_slot(bucket, way, address, block);
			return true;
		}
	}
	for (int way = 0; way < LIVE_WAYS; way++) {
		__u64 old = bucket->address[way];

		if (is_left(old) && claim_slot(bucket, way, old)) {
			fill_slot(bucket, way, address, block);
			return true;
		}
	}
	return false;
}

/* Puts the block into the slot of one whose address space is gone; false when there is none. */
static __always_inline bool place_over_gone(struct live_bucket *bucket, struct stats *stats, __u64 address,
					    const struct live_block *block)
{
	for (int way = 0; way < LIVE_WAYS; way++) {
		__u64 old = bucket->address[way];

		if (old <= LIVE_CLAIMED || is_left(old) || !is_gone(&bucket->block[way]) ||
		    !claim_slot(bucket, way, old))
			continue;
		/* Between the look and the claim its address may have been recorded anew. */
		if (!is_gone(&bucket->block[way])) {
			*(volatile __u64 *)&bucket->address[way] = old;
			continue;
		}
		count_gone(stats, &bucket->block[way]);
		fill_slot(bucket, way, address, block);
		return true;
	}
	return false;
}

/* Takes the block out; false when it was not recorded here. */
static __always_inline bool remove_from(struct live_bucket *bucket, __u64 address, struct live_block *block)
{
	for (int way = 0; way < LIVE_WAYS; way++) {
		if (bucket->address[way] == address) {
			if (is_gone(&bucket->block[way]))
				return false;
			*block = bucket->block[way];
			/* After that read: whoever claims the slot next writes to it. */
			publish(&bucket->address[way], address | LIVE_LEFT);
			return true;
		}
	}
	return false;
}

struct live_search {
	__u64 address;
	struct live_block *block;
	struct stats *stats;
	__u32 tables;
	__u32 found;
	enum live_result result;
};

static long replace_in_table(__u32 index, void *context)
{
	struct live_search *search = context;
	struct live_bucket *bucket = bucket_of(search->tables - 1 - index, search->address);

	search->found = bucket && replace_in(bucket, search->stats, search->address, search->block, &search->result);
	return search->found;
}

static long place_in_table(__u32 index, void *context)
{
	struct live_search *search = context;
	struct live_bucket *bucket = bucket_of(search->tables - 1 - index, search->address);

	search->found =
		bucket && (place_in(bucket, search->address, search->block) ||
			   (control.execs && place_over_gone(bucket, search->stats, search->address, search->block)));
	return search->found;
}

static long remove_from_table(__u32 index, void *context)
{
	struct live_search *search = context;
	struct live_bucket *bucket = bucket_of(search->tables - 1 - index, search->address);

	search->found = bucket && remove_from(bucket, search->address, search->block);
	return search->found;
}

static __always_inline bool overflow_replace(struct stats *stats, __u64 address, const struct live_block *block,
					     enum live_result *result)
{
	struct live_block *old;

	if (!control.overflow)
		return false;
	old = bpf_map_lookup_elem(&live_overflow, &address);
	if (!old)
		return false;
	*result = LIVE_REPLACED;
	if (is_gone(old)) {
		count_gone(stats, old);
		*result = LIVE_INSERTED;
	}
	bpf_map_update_elem(&live_overflow, &address, block, BPF_EXIST);
	return true;
}

static __always_inline bool overflow_remove(__u64 address, struct live_block *block)
{
	struct live_block *overflowed;

	if (!control.overflow)
		return false;
	overflowed = bpf_map_lookup_elem(&live_overflow, &address);
	if (!overflowed || is_gone(overflowed))
		return false;
	*block = *overflowed;
	bpf_map_delete_elem(&live_overflow, &address);
	return true;
}

static __always_inline __u64 size_and_execs(__u64 size)
{
	return (size & LIVE_SIZE_MASK) | (__u64)control.execs << LIVE_SIZE_BITS;
}

/*
 * Records the block; gives an enum live_result. A function that the verifier goes through once, however many places
 * call it; it knows nothing of its callers, so what its loops point to is copied to its own stack.
 */
__noinline int live_insert(__u64 address, struct live_block *recorded)
{
	struct live_block block;
	struct live_search more = { .address = address, .block = &block };
	struct live_bucket *first = first_bucket_of(address);
	struct stats *stats = stats_row();

	if (!first || !stats || !recorded || is_left(address))
		return LIVE_LOST;
	block = *recorded;
	block.size_execs = size_and_execs(block.size_execs);
	more.stats = stats;
	more.tables = control.live_more;
	if (more.tables)
		bpf_loop(more.tables, replace_in_table, &more, 0);
	if (more.found || replace_in(first, stats, address, &block, &more.result) ||
	    overflow_replace(stats, address, &block, &more.result))
		return more.result;
	if (more.tables)
		bpf_loop(more.tables, place_in_table, &more, 0);
	if (more.found || place_in(first, address, &block) ||
	    (control.execs && place_over_gone(first, stats, address, &block)))
		return LIVE_INSERTED;
	if (control.overflow_closed)
		return LIVE_LOST;
	control.overflow = 1;
	if (bpf_map_update_elem(&live_overflow, &address, &block, BPF_ANY))
		return LIVE_LOST;
	return LIVE_INSERTED;
}

/* Whether a block is, or was, recorded at this address. */
static __always_inline bool is_known_in(struct live_bucket *bucket, __u64 address)
{
	for (int way = 0; way < LIVE_WAYS; way++) {
		if ((bucket->address[way] & ~LIVE_LEFT) == address)
			return true;
	}
	return false;
}

static long is_known_in_table(__u32 index, void *context)
{
	struct live_search *search = context;
	struct live_bucket *bucket = bucket_of(search->tables - 1 - index, search->address);

	search->found = bucket && is_known_in(bucket, search->address);
	return search->found;
}

/* In a free place, else in that of another such address; of a bucket full of blocks nothing is kept. */
static __always_inline void leave_in(struct live_bucket *bucket, __u64 address)
{
	__u32 victim = address >> 4 & (LIVE_WAYS - 1);
	__u64 old;

	for (int way = 0; way < LIVE_WAYS; way++) {
		if (bucket->address[way] == 0 &&
		    __sync_val_compare_and_swap(&bucket->address[way], 0, address | LIVE_LEFT) == 0)
			return;
	}
	old = bucket->address[victim];
	if (is_left(old))
		__sync_val_compare_and_swap(&bucket->address[victim], old, address | LIVE_LEFT);
}

/*
 * Whether what is freed at this address cannot be a block from before the window: one was recorded or freed there since.
 * From now on it cannot. Verified once, like the above.
 */
__noinline int live_was_there(__u64 address)
{
	struct live_search more = { .address = address };
	struct live_bucket *bucket = first_bucket_of(address);

	if (!bucket || is_left(address))
		return 0;
	more.tables = control.live_more;
	if (more.tables)
		bpf_loop(more.tables, is_known_in_table, &more, 0);
	if (more.found || is_known_in(bucket, address) ||
	    (control.overflow && bpf_map_lookup_elem(&live_overflow, &address)))
		return 1;
	if (more.tables)
		bucket = bucket_of(more.tables - 1, address);
	if (bucket)
		leave_in(bucket, address);
	return 0;
}

/* Takes the block out; 0 when it was not recorded. Verified once, like the above. */
__noinline int live_remove(__u64 address, struct live_block *removed)
{
	struct live_block block = {};
	struct live_search more = { .address = address, .block = &block };
	struct live_bucket *first = first_bucket_of(address);

	if (!first || !removed || is_left(address))
		return 0;
	more.tables = control.live_more;
	if (more.tables)
		bpf_loop(more.tables, remove_from_table, &more, 0);
	if (!more.found && !remove_from(first, address, &block) && !overflow_remove(address, &block))
		return 0;
	*removed = block;
	return 1;
}

/*
 * The same two where they are made most often, for the common case: an allocator gives out again what was just freed, and
 * there is one table. The call of a function costs as much as all of this.
 */
static __always_inline bool place_again(__u64 address, struct live_block *block)
{
	struct live_bucket *bucket = first_bucket_of(address);
	__u64 left = address | LIVE_LEFT;

	if (!bucket || control.live_more)
		return false;
	for (int way = 0; way < LIVE_WAYS; way++) {
		if (bucket->address[way] == left && claim_slot(bucket, way, left)) {
			block->size_execs = size_and_execs(block->size_execs);
			fill_slot(bucket, way, address, block);
			return true;
		}
	}
	return false;
}

static __always_inline enum live_result live_put(__u64 address, struct live_block *block)
{
	return place_again(address, block) ? LIVE_INSERTED : live_insert(address, block);
}

static __always_inline bool live_take(__u64 address, struct live_block *removed)
{
	struct live_bucket *bucket = first_bucket_of(address);

	return (bucket && !is_left(address) && remove_from(bucket, address, removed)) || live_remove(address, removed);
}

#endif
