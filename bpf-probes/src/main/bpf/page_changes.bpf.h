/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Which pages moved and which were given back, in order: the collector carries what a look at the page tables saw along,
 * should the process end before the next one.
 */
#ifndef PAGE_CHANGES_BPF_H
#define PAGE_CHANGES_BPF_H

#include "fault_control.bpf.h"

/* CPUs that find room at the same moment may take one more each. */
#define SPARE_CHANGES (fault_config.changes / 16)
/* Not taken by drops: moves matter in every window. */
#define CHANGES_FOR_MOVES (fault_config.changes / 2)

/* A ring. No room: what comes is lost, and counted. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* fault_config.changes */
	__type(key, __u32);
	__type(value, struct page_change);
} page_changes SEC(".maps");

static __always_inline bool has_room(__u32 kept_free)
{
	return fault_control.changes - fault_control.changes_read < fault_config.changes - kept_free;
}

static __always_inline void note_change(__u64 first, __u64 end, __u64 to)
{
	__u32 index = __sync_fetch_and_add(&fault_control.changes, 1) & (fault_config.changes - 1);
	struct page_change *change = bpf_map_lookup_elem(&page_changes, &index);

	if (!change)
		return;
	change->from = first;
	change->to = to;
	change->time = bpf_ktime_get_ns();
	publish(&change->pages, end - first);
}

/* These pages, one at least, went to where page `to` is the first. */
static __always_inline void note_move(__u64 first, __u64 end, __u64 to)
{
	if (has_room(SPARE_CHANGES))
		note_change(first, end, to);
	else
		__sync_fetch_and_add(&fault_control.moves_lost, 1);
}

/* These pages, one at least, were given back, or are about to be. */
static __always_inline void note_drop(__u64 first, __u64 end)
{
	if (has_room(CHANGES_FOR_MOVES))
		note_change(first, end, PAGES_DROPPED);
	else
		__sync_fetch_and_add(&fault_control.drops_lost, 1);
}

#endif
