/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Live blocks by address. The traced program orders what happens to one address itself: a block is recorded before
 * its allocation returns and forgotten before its free begins, so only slots need atomic claims, not blocks.
 */
#ifndef LIVE_BPF_H
#define LIVE_BPF_H

#include "tables.bpf.h"

/* Open-addressed in buckets of eight. A full bucket sends the block to the overflow table. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);		/* config.live_buckets */
	__type(key, __u32);
	__type(value, struct live_bucket);
} live_buckets SEC(".maps");

/* Blocks whose bucket was full; memory is taken as they come. Full: counted as lost, with its bytes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);		/* set before load */
	__type(key, __u64);
	__type(value, struct live_block);
} live_overflow SEC(".maps");

static __always_inline struct live_bucket *live_bucket_of(__u64 address)
{
	__u32 index = ((address >> 4) * 0x9e3779b97f4a7c15ull >> 32) & (config.live_buckets - 1);

	return bpf_map_lookup_elem(&live_buckets, &index);
}

enum live_result {
	LIVE_INSERTED,
	LIVE_REPLACED,
	LIVE_LOST,
};

static __always_inline enum live_result live_insert(__u64 address, const struct live_block *block)
{
	struct live_bucket *bucket = live_bucket_of(address);

	if (!bucket)
		return LIVE_LOST;
	for (int way = 0; way < LIVE_WAYS; way++) {
		if (bucket->address[way] == address) {
			bucket->block[way] = *block;
			return LIVE_REPLACED;
		}
	}
	if (control.overflow && bpf_map_lookup_elem(&live_overflow, &address)) {
		bpf_map_update_elem(&live_overflow, &address, block, BPF_EXIST);
		return LIVE_REPLACED;
	}
	for (int way = 0; way < LIVE_WAYS; way++) {
		if (bucket->address[way] == 0 &&
		    __sync_val_compare_and_swap(&bucket->address[way], 0, address) == 0) {
			bucket->block[way] = *block;
			return LIVE_INSERTED;
		}
	}
	control.overflow = 1;
	if (bpf_map_update_elem(&live_overflow, &address, block, BPF_ANY))
		return LIVE_LOST;
	return LIVE_INSERTED;
}

/* Takes the block out; false when it was not recorded. */
static __always_inline bool live_remove(__u64 address, struct live_block *block)
{
	struct live_bucket *bucket = live_bucket_of(address);
	struct live_block *overflowed;

	if (!bucket)
		return false;
	for (int way = 0; way < LIVE_WAYS; way++) {
		if (bucket->address[way] == address) {
			*block = bucket->block[way];
			/* A barrier: whoever claims the slot next must not be read above. */
			__sync_lock_test_and_set(&bucket->address[way], 0);
			return true;
		}
	}
	if (!control.overflow)
		return false;
	overflowed = bpf_map_lookup_elem(&live_overflow, &address);
	if (!overflowed)
		return false;
	*block = *overflowed;
	bpf_map_delete_elem(&live_overflow, &address);
	return true;
}

#endif
