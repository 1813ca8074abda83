/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Mappings, looked up in the kernel's own way; where interrupts are off see mapping_tree.bpf.h. */
#ifndef MAPPING_LOOK_BPF_H
#define MAPPING_LOOK_BPF_H

#include "kernel.bpf.h"

/* include/linux/mm.h */
#define VM_READ_FLAG    0x1
#define VM_WRITE_FLAG   0x2
#define VM_SHARED_FLAG  0x8
#define VM_ACCESS_FLAGS 0x7
/* include/uapi/asm-generic/errno-base.h */
#define NO_ENTRY  2
#define LOCK_BUSY 16
/* Looks at a mapping while another thread changes mappings. */
#define LOCK_TRIES 64

/* What is known of a mapping. */
struct mapping_seen {
	__u64 start; /* address */
	__u64 end;
	__u64 flags;
	__u64 is_file;
};

static long see_mapping(struct task_struct *task, struct vm_area_struct *vma, void *context)
{
	struct mapping_seen *seen = context;

	seen->start = BPF_CORE_READ(vma, vm_start);
	seen->end = BPF_CORE_READ(vma, vm_end);
	seen->flags = BPF_CORE_READ(vma, vm_flags);
	seen->is_file = !!BPF_CORE_READ(vma, vm_file);
	return 0;
}

/*
 * Looks up the mapping at this address, of which there may be none; 0, or -NO_ENTRY, or -LOCK_BUSY where the kernel is
 * just changing mappings. Otherwise than with 0 what is there stays.
 */
static __always_inline long look_at_mapping(__u64 address, struct mapping_seen *seen)
{
	return bpf_find_vma(bpf_get_current_task_btf(), address, see_mapping, seen, 0);
}

/* Likewise, waiting for the kernel if that does not take long. */
static __always_inline long see_mapping_at(__u64 address, struct mapping_seen *seen)
{
	long answer = -LOCK_BUSY;

	for (int i = 0; i < LOCK_TRIES && answer == -LOCK_BUSY; i++)
		answer = look_at_mapping(address, seen);
	return answer;
}

#endif
