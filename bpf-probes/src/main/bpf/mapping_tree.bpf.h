/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Mappings, looked up in the kernel's tree as it stands, without its lock: where interrupts are off, as when a fault
 * begins, bpf_find_vma gives the lock back by an interrupt to itself, which takes 14 us in a virtual machine, and this
 * a quarter of one. Others may be changing the tree, or hold the lock: a mapping that is found confirms itself that it
 * is the one, and none that is found says nothing.
 */
#ifndef MAPPING_TREE_BPF_H
#define MAPPING_TREE_BPF_H

#include "kernel.bpf.h"
#include "mapping_look.bpf.h"

/*
 * lib/maple_tree.c: a node's address has its type in bits 3 to 6; that of the root tells by bits 0 and 1 that it is
 * one.
 */
#define NODE_MASK       0xfful
#define NODE_TYPE_SHIFT 3
#define NODE_TYPE_MASK  0xf
#define ROOT_KIND_MASK  3
#define ROOT_NODE       2
#define MAX_PIVOTS      15
/* Ten mappings at least below each node: more than a process may have. */
#define MAX_TREE_DEPTH 8

/*
 * What a node has for this address: another node or, from a leaf, a mapping or nothing. That holds up to last, which
 * becomes less where the node tells so.
 */
static __always_inline __u64 entry_for(__u64 node, __u32 type, __u64 address, __u64 *last)
{
	bool is_allocating = type == bpf_core_enum_value(enum maple_type, maple_arange_64);
	__u64 pivots = is_allocating ? bpf_core_field_offset(struct maple_arange_64, pivot)
				     : bpf_core_field_offset(struct maple_range_64, pivot);
	__u64 slots = is_allocating ? bpf_core_field_offset(struct maple_arange_64, slot)
				    : bpf_core_field_offset(struct maple_range_64, slot);
	__u64 pivot[MAX_PIVOTS] = { 0 }, entry;
	__u32 count = (slots - pivots) / sizeof(__u64), index = 0;

	if (count > MAX_PIVOTS || bpf_probe_read_kernel(pivot, count * sizeof(__u64), (void *)(node + pivots)))
		return 0;
	for (; index < MAX_PIVOTS; index++) {
		/* Behind the last one there are zeros. */
		if (index >= count || pivot[index] >= address || (index && !pivot[index]))
			break;
	}
	if (index < MAX_PIVOTS && pivot[index] >= address && pivot[index] < *last)
		*last = pivot[index];
	if (bpf_probe_read_kernel(&entry, sizeof(entry), (void *)(node + slots + index * sizeof(entry))))
		return 0;
	return entry;
}

/* Where the kernel's tree of mappings ends. */
struct tree_leaf {
	struct mm_struct *mm;
	struct vm_area_struct *mapping; /* NULL: none up to last, if that is told */
	__u64 last;                     /* address, inclusive; 0: not known */
};

/* What lies at this address of the current task. */
static __always_inline struct tree_leaf leaf_at(__u64 address)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct tree_leaf leaf = {};
	__u64 last = ~0ull, entry;
	struct mm_struct *mm;

	if (!bpf_core_field_exists(task->mm->mm_mt))
		return leaf;
	mm = BPF_CORE_READ(task, mm);
	leaf.mm = mm;
	entry = (__u64)BPF_CORE_READ(mm, mm_mt.ma_root);
	if ((entry & ROOT_KIND_MASK) != ROOT_NODE)
		return leaf;
	for (int depth = 0; depth < MAX_TREE_DEPTH; depth++) {
		__u32 type = (entry >> NODE_TYPE_SHIFT) & NODE_TYPE_MASK;

		entry = entry_for(entry & ~NODE_MASK, type, address, &last);
		if (type != bpf_core_enum_value(enum maple_type, maple_leaf_64))
			continue;
		leaf.mapping = (void *)entry;
		leaf.last = last;
		break;
	}
	return leaf;
}

/*
 * The mapping at this address of the current task; NULL where none is found, and where there is no such tree, before
 * Linux 6.1.
 */
static __always_inline struct vm_area_struct *vma_at(__u64 address)
{
	struct tree_leaf leaf = leaf_at(address);
	struct vm_area_struct *mapping = leaf.mapping;

	if (!mapping || BPF_CORE_READ(mapping, vm_mm) != leaf.mm || BPF_CORE_READ(mapping, vm_start) > address ||
	    BPF_CORE_READ(mapping, vm_end) <= address)
		return NULL;
	return mapping;
}

/* A mapping, or the space between two. */
struct tree_piece {
	__u64 end; /* page, exclusive; there may be more of the same. 0: nothing is known */
	__u64 is_mapped;
};

/* What the tree has for this page of the current task. A global function. */
__noinline int piece_at(__u64 page, struct tree_piece *piece)
{
	struct tree_leaf leaf = leaf_at(page << PAGE_SHIFT);

	if (!piece)
		return 0;
	piece->end = (leaf.last + 1) >> PAGE_SHIFT;
	piece->is_mapped = !!leaf.mapping;
	return 0;
}

enum access_answer {
	ACCESS_DENIED = 0,
	ACCESS_ALLOWED,
	ACCESS_UNKNOWN,
};

/*
 * Whether the page at this address of the current task may be used so. Allowed, too, where there is no such tree. A
 * global function.
 */
__noinline int access_to(__u64 address, __u64 any_flag)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct vm_area_struct *mapping;

	if (!bpf_core_field_exists(task->mm->mm_mt))
		return ACCESS_ALLOWED;
	mapping = vma_at(address);
	if (!mapping)
		return ACCESS_UNKNOWN;
	return BPF_CORE_READ(mapping, vm_flags) & any_flag ? ACCESS_ALLOWED : ACCESS_DENIED;
}

/* What is known of the mapping at this address of the current task; as it was where none is found. A global function. */
__noinline int mapping_in_tree(__u64 address, struct mapping_seen *seen)
{
	struct vm_area_struct *mapping = vma_at(address);

	if (mapping && seen)
		see_mapping(NULL, mapping, seen);
	return 0;
}

/* Pages of a mapping, the latter exclusive; as if there were none of anonymous memory. */
struct file_mapping {
	__u64 first;
	__u64 end;
};

/* The file's mapping at this address of the current task; all addresses where none is found. A global function. */
__noinline int file_mapping_at(__u64 address, struct file_mapping *found)
{
	struct vm_area_struct *mapping = vma_at(address);

	if (!found)
		return 0;
	found->first = 0;
	found->end = mapping ? 0 : ~0ull >> PAGE_SHIFT;
	if (!mapping || !BPF_CORE_READ(mapping, vm_file))
		return 0;
	found->first = BPF_CORE_READ(mapping, vm_start) >> PAGE_SHIFT;
	found->end = BPF_CORE_READ(mapping, vm_end) >> PAGE_SHIFT;
	return 0;
}

#endif
