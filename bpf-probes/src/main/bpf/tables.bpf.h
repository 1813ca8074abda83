/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Tunables, control block and counters of a collector. */
#ifndef TABLES_BPF_H
#define TABLES_BPF_H

#include "kernel.bpf.h"
#include "memstacks.h"

const volatile struct config config SEC(".rodata.config") = { .live_buckets = 1, .max_size = ~0ull };
volatile struct control control SEC(".data.control") = { 0 };

/* A row for each possible CPU. Rows are added to atomically: a preempted program may share its row. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* config.cpus */
	__type(key, __u32);
	__type(value, struct stats);
} stats_rows SEC(".maps");

static __always_inline void count(__u64 *counter, __u64 by)
{
	__sync_fetch_and_add(counter, by);
}

static __always_inline struct stats *stats_row(void)
{
	__u32 cpu = bpf_get_smp_processor_id() & (config.cpus - 1);

	return bpf_map_lookup_elem(&stats_rows, &cpu);
}

#endif
