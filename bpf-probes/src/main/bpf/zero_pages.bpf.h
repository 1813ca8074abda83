/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Writes to the zero page told from those to write-protected pages, where that is asked for: a fault says of both that
 * the page was there. Anonymous memory becomes more when the zero page is replaced; a copy takes the place of a page of the same
 * kind, or of a file's, which becomes less first.
 */
#ifndef ZERO_PAGES_BPF_H
#define ZERO_PAGES_BPF_H

#include "kernel.bpf.h"
#include "memstacks.h"
#include "last_faults.bpf.h"

/* include/linux/mm_types_task.h */
#define MEMBER_ANONYMOUS 1

/* A counter of some process's resident set changes. */
SEC("tp_btf/rss_stat")
int BPF_PROG(resident_changed, struct mm_struct *mm, int member)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct last_fault *fault;
	struct fault_stats *row;

	if (!fault_control.phase || (__u64)mm != fault_control.mm || task->flags & PF_WITHOUT_USER)
		return 0;
	fault = last_fault();
	if (!fault || !fault->replaces || fault->call != call_of((struct pt_regs *)bpf_task_pt_regs(task)))
		return 0;
	fault->replaces = 0;
	row = fault_row();
	if (row && member == MEMBER_ANONYMOUS)
		count(&row->zero, 1);
	return 0;
}

#endif
