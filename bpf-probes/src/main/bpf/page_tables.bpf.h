/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Which pages are there before a fault or a call brings others, by the process's page tables themselves: a read of a
 * file's page brings what is missing around it, and nothing else tells which pages that were. Read without their lock,
 * as they stand: a table that goes at that moment may tell of pages what was never so.
 */
#ifndef PAGE_TABLES_BPF_H
#define PAGE_TABLES_BPF_H

#include "fault_control.bpf.h"

/* arch/x86/include/asm/pgtable_types.h */
#define ENTRY_PRESENT  0x1ul
#define ENTRY_WRITABLE 0x2ul
#define ENTRY_HUGE     0x80ul
/* Of anonymous memory: the zero page; a huge one since Linux 6.18. */
#define ENTRY_SPECIAL 0x200ul
#define ENTRY_BYTES   8
#define TABLE_ENTRIES 512
#define TABLE_BITS    9
/* Of a table whose entries lead to huge pages or to tables of pages. */
#define DIRECTORY_SHIFT 21
/* Documentation/arch/x86/x86_64/mm.rst: where the kernel maps all memory, at the lowest; by how much KASLR moves it. */
#define LOWEST_DIRECT_MAP_4 0xffff888000000000ul
#define LOWEST_DIRECT_MAP_5 0xff11000000000000ul
#define DIRECT_MAP_ALIGN    (1ul << 30)
#define DIRECT_MAPS_TRIED   (1u << 16)

/* The tables of one address space. */
struct tables {
	__u64 root;
	__u64 direct_map;
	__u32 levels;
};

static __always_inline bool read_entry(__u64 table, __u64 address, __u32 shift, __u64 *entry)
{
	__u64 at = table + ((address >> shift) & (TABLE_ENTRIES - 1)) * ENTRY_BYTES;

	return !bpf_probe_read_kernel(entry, sizeof(*entry), (void *)at);
}

static __always_inline __u64 target_of(const struct tables *tables, __u64 entry)
{
	return tables->direct_map + (entry & fault_control.tables.address_mask);
}

/*
 * The entry that leads to the table of this address's page, or to its huge page, or to nothing, wherever that is
 * decided. False: it cannot be read.
 */
static __always_inline bool directory_entry(const struct tables *tables, __u64 address, __u64 *entry)
{
	__u64 table = tables->root;
	int left = tables->levels - 1;

	for (int i = 0; i < PAGE_TABLE_LEVELS - 1; i++) {
		if (i >= left)
			break;
		if (!read_entry(table, address, DIRECTORY_SHIFT + TABLE_BITS * (left - 1 - i), entry))
			return false;
		if (!(*entry & ENTRY_PRESENT) || *entry & ENTRY_HUGE)
			break;
		table = target_of(tables, *entry);
	}
	return true;
}

static __always_inline __u64 current_root(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return (__u64)BPF_CORE_READ(task, mm, pgd);
}

/* Those of the current task; false where they are not read. */
static __always_inline bool current_tables(struct tables *tables)
{
	tables->root = current_root();
	tables->direct_map = fault_control.tables.direct_map;
	tables->levels = fault_control.tables.levels;
	return tables->direct_map;
}

/* The entries of these pages, PAGES_AROUND of one table at most; of a huge page its entry for each. False: unknown. */
static __always_inline bool read_entries(__u64 first, __u32 count, __u64 *entries)
{
	__u64 address = first << PAGE_SHIFT, entry = 0;
	struct tables tables;

	if (!count || !current_tables(&tables) || !directory_entry(&tables, address, &entry))
		return false;
	if (!entry || entry & ENTRY_HUGE) {
		for (__u32 i = 0; i < PAGES_AROUND; i++)
			entries[i] = entry;
		return true;
	}
	address = target_of(&tables, entry) + (first & (TABLE_ENTRIES - 1)) * ENTRY_BYTES;
	count = bounded(count - 1, PAGES_AROUND - 1) + 1;
	return entry & ENTRY_PRESENT && !bpf_probe_read_kernel(entries, count * ENTRY_BYTES, (void *)address);
}

/*
 * Which of these pages, PAGES_AROUND of one table at most, are not there, not even elsewhere (in swap): a bit for each,
 * from the lowest. None where that is not known. A global function.
 */
__noinline __u32 absent_pages(__u64 first, __u32 count)
{
	__u64 entries[PAGES_AROUND] = { 0 };
	__u32 absent = 0;

	if (!read_entries(first, count, entries))
		return 0;
	for (__u32 i = 0; i < PAGES_AROUND; i++) {
		if (i < count && !entries[i])
			absent |= 1u << i;
	}
	return absent;
}

/* What a call that writes to pages finds; a bit for each. */
struct found_pages {
	__u32 missing;  /* absent, or the zero page */
	__u32 writable; /* it leaves these alone */
};

/* Of PAGES_AROUND pages of one table; none where that is not known. A global function. */
__noinline int find_pages(__u64 first, struct found_pages *found)
{
	__u64 entries[PAGES_AROUND] = { 0 };

	if (!found)
		return 0;
	found->missing = 0;
	found->writable = 0;
	if (!read_entries(first, PAGES_AROUND, entries))
		return 0;
	for (__u32 i = 0; i < PAGES_AROUND; i++) {
		if (!entries[i] || (entries[i] & ENTRY_PRESENT && entries[i] & ENTRY_SPECIAL))
			found->missing |= 1u << i;
		else if (entries[i] & ENTRY_WRITABLE)
			found->writable |= 1u << i;
	}
	return 0;
}

/*
 * Whether no page of the block that this one is part of is there, nor was since its pages went: a fault may bring a
 * huge page. A global function.
 */
__noinline int is_block_empty(__u64 page)
{
	struct tables tables;
	__u64 entry = 0;

	return current_tables(&tables) && directory_entry(&tables, page << PAGE_SHIFT, &entry) && !entry;
}

/* Whether this is where the kernel has all memory mapped: the collector's page is found there. */
static __always_inline bool is_direct_map(const struct tables *tables, __u64 sample, __u64 content)
{
	__u64 entry = 0, found = 0, at;

	if (!directory_entry(tables, sample, &entry) || !(entry & ENTRY_PRESENT))
		return false;
	if (entry & ENTRY_HUGE) {
		at = (target_of(tables, entry) & -(1ul << DIRECTORY_SHIFT)) + (sample & ((1ul << DIRECTORY_SHIFT) - 1));
	} else {
		if (!read_entry(target_of(tables, entry), sample, PAGE_SHIFT, &entry) || !(entry & ENTRY_PRESENT))
			return false;
		at = target_of(tables, entry) + (sample & ((1ul << PAGE_SHIFT) - 1));
	}
	return !bpf_probe_read_kernel(&found, sizeof(found), (void *)at) && found == content;
}

static long try_direct_map(__u32 index, void *context)
{
	struct tables *tables = context;
	__u64 lowest = tables->levels == PAGE_TABLE_LEVELS ? LOWEST_DIRECT_MAP_5 : LOWEST_DIRECT_MAP_4;

	if (tables->direct_map < lowest)
		return 1;
	if (is_direct_map(tables, fault_control.tables.sample, fault_control.tables.content)) {
		fault_control.tables.levels = tables->levels;
		fault_control.tables.direct_map = tables->direct_map;
		return 1;
	}
	tables->direct_map -= DIRECT_MAP_ALIGN;
	return 0;
}

/*
 * Looks for where the kernel has all memory mapped, whose address no kernel tells: the root of the collector's tables
 * lies in it. The collector runs this.
 */
SEC("syscall")
int find_direct_map(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct tables tables = { .root = current_root(), .levels = PAGE_TABLE_LEVELS };

	/* Without mappings, which are looked up since Linux 6.1, tables do not tell enough. */
	if (!bpf_core_field_exists(task->mm->mm_mt))
		return 0;
	if (tables.root >= LOWEST_DIRECT_MAP_4)
		tables.levels = PAGE_TABLE_LEVELS - 1;
	tables.direct_map = tables.root & -DIRECT_MAP_ALIGN;
	bpf_loop(DIRECT_MAPS_TRIED, try_direct_map, &tables, 0);
	return 0;
}

#endif
