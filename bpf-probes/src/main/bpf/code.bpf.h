/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The process's code: which mapping holds an address, and the unwind rule in force there. */
#ifndef CODE_BPF_H
#define CODE_BPF_H

#include "walk.bpf.h"

/* Steps of a binary search among the code mappings (65,536), and among the rows of one page of code. */
#define MAPPING_STEPS 17
#define ROW_STEPS     10

/* Two sets of config.max_mappings each; the one not in force is free to be written. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct code_mapping);
} code_mappings SEC(".maps");

/* Rows of all modules, only ever appended to. A module that does not fit has no rows: its frames end stacks. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct unwind_row);
} unwind_rows SEC(".maps");

/* Where the rows of each page of a module's code are; appended to like the rows. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct row_page);
} row_pages SEC(".maps");

#define KNOWN_RULES 8192

/* Rules found before, by address, the latest one kept: generation << 32 | rule. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, KNOWN_RULES);
	__type(key, __u32);
	__type(value, struct checked);
} known_rules SEC(".maps");

static __always_inline struct code_mapping *mapping_at(struct walk *walk, __u32 index)
{
	__u32 key = walk->mapping_first + index;

	return bpf_map_lookup_elem(&code_mappings, &key);
}

/* The mapping that holds this address: the last one found, else by search. */
static __always_inline struct code_mapping *find_mapping(struct walk *walk, __u64 address)
{
	struct code_mapping *mapping = mapping_at(walk, walk->mapping);
	__u32 low = 0, count = walk->mapping_count;

	if (walk->mapping < count && mapping && address >= mapping->start && address < mapping->end)
		return mapping;
	/* The last mapping that starts at or before the address lies in [low, low + count). */
	for (int step = 0; step < MAPPING_STEPS; step++) {
		__u32 half = count / 2;

		if (count <= 1)
			break;
		mapping = mapping_at(walk, low + half);
		if (!mapping)
			return NULL;
		if (mapping->start <= address) {
			low += half;
			count -= half;
		} else {
			count = half;
		}
	}
	mapping = count ? mapping_at(walk, low) : NULL;
	if (!mapping || address < mapping->start || address >= mapping->end)
		return NULL;
	walk->mapping = low;
	return mapping;
}

/*
 * The rule in force at this address of a module with rows; ROW_GAP where it has none. The verifier goes through it
 * once, however many places call it.
 */
__noinline __u32 find_rule(const struct code_mapping *mapping, __u64 address)
{
	__u32 pc, page, key, low, count;
	struct row_page *rows;
	struct unwind_row *row;

	if (!mapping)
		return ROW_GAP;
	pc = address - mapping->bias;
	page = (pc - mapping->base) >> ROW_PAGE_SHIFT;
	if (pc < mapping->base || page >= mapping->row_pages)
		return ROW_GAP;
	key = mapping->first_row_page + page;
	rows = bpf_map_lookup_elem(&row_pages, &key);
	if (!rows)
		return ROW_GAP;
	low = rows->first;
	count = rows->last - low + 1;
	for (int step = 0; step < ROW_STEPS; step++) {
		__u32 half = count / 2;

		if (count <= 1)
			break;
		key = low + half;
		row = bpf_map_lookup_elem(&unwind_rows, &key);
		if (!row)
			return ROW_GAP;
		if (row->pc <= pc) {
			low += half;
			count -= half;
		} else {
			count = half;
		}
	}
	row = bpf_map_lookup_elem(&unwind_rows, &low);
	return row && row->pc <= pc ? row->rule : ROW_GAP;
}

static __always_inline struct checked *known_rule_at(__u64 address)
{
	__u32 index = address * HASH_FACTOR >> 32 & (KNOWN_RULES - 1);

	return bpf_map_lookup_elem(&known_rules, &index);
}

/* Whether the rule at this address was found before; generation 0 is before the first mappings. */
static __always_inline bool is_known(struct walk *walk, const struct checked *known, __u64 address, __u32 *rule)
{
	__u64 data = known->data;

	if (!is_of(known, data, address) || data >> 32 != walk->generation)
		return false;
	*rule = data;
	return true;
}

static __always_inline void know(struct walk *walk, struct checked *known, __u64 address, __u32 rule)
{
	keep_checked(known, (__u64)walk->generation << 32 | rule, address);
}

#endif
