/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Calls between entry and return. A call is known by the stack pointer at its entry, which no other call in progress of
 * the process has, and by its function. One that was left by longjmp, by an exception or by its thread's end stays
 * until its place is needed: the return of another call is never taken for it, as that one's entry replaces it.
 */
#ifndef CALLS_BPF_H
#define CALLS_BPF_H

#include "live.bpf.h"

/* Calls in progress at once: threads inside the allocator, times how deep they nest there. */
#define CALL_BUCKETS 1024
#define CALL_WAYS    8

/* What a call's return needs to know of its entry. */
struct call {
	__u64 hook;   /* attach cookie, where the return is seen at an instruction that others come by, too */
	__u64 caller; /* return address, likewise */
	__u64 size;
	__u64 pointer; /* old block, or where the result is stored */
	struct live_block old;
	__u64 had_old;
};

struct call_bucket {
	__u64 key[CALL_WAYS]; /* 0: free */
	struct call call[CALL_WAYS];
};

/*
 * Full bucket: an older call loses its place. If it still was to return, it counts as one that did not. A session
 * probe carries plain allocations in its cookie instead.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CALL_BUCKETS);
	__type(key, __u32);
	__type(value, struct call_bucket);
} calls SEC(".maps");

/* Not 0: no stack lies at address 0. Stack pointers are multiples of eight below 2^51. */
static __always_inline __u64 call_key_of(__u64 entry_sp, __u16 hook)
{
	return entry_sp >> 3 << 16 | hook;
}

static __always_inline __u64 call_hash(__u64 key)
{
	return key * HASH_FACTOR >> 32;
}

static __always_inline struct call_bucket *call_bucket_of(__u64 key)
{
	__u32 index = call_hash(key) & (CALL_BUCKETS - 1);

	return bpf_map_lookup_elem(&calls, &index);
}

static __always_inline bool claim_call(struct call_bucket *bucket, int way, __u64 from, __u64 key)
{
	return __sync_val_compare_and_swap(&bucket->key[way], from, key) == from;
}

/* False when other calls take every place of the bucket at this moment. */
static __always_inline bool put_call(__u64 key, const struct call *call)
{
	struct call_bucket *bucket = call_bucket_of(key);
	__u32 victim = call_hash(key) >> 16;

	if (!bucket)
		return false;
	for (int way = 0; way < CALL_WAYS; way++) {
		if (bucket->key[way] == key) {
			bucket->call[way] = *call;
			return true;
		}
	}
	for (int way = 0; way < CALL_WAYS; way++) {
		if (bucket->key[way] == 0 && claim_call(bucket, way, 0, key)) {
			bucket->call[way] = *call;
			return true;
		}
	}
	for (int way = 0; way < CALL_WAYS; way++) {
		if (way == (victim & (CALL_WAYS - 1)) && claim_call(bucket, way, bucket->key[way], key)) {
			bucket->call[way] = *call;
			return true;
		}
	}
	return false;
}

/* Takes the call out; false when it is not there. */
static __always_inline bool take_call(__u64 key, struct call *call)
{
	struct call_bucket *bucket = call_bucket_of(key);

	if (!bucket)
		return false;
	for (int way = 0; way < CALL_WAYS; way++) {
		if (bucket->key[way] == key) {
			*call = bucket->call[way];
			/* Unless its place was taken for another one meanwhile. */
			return claim_call(bucket, way, key, 0);
		}
	}
	return false;
}

#endif
