/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What calls of a program's own functions tell of their description: whether there are any, and whether what is taken for
 * a size can be one.
 */
#ifndef POOLS_BPF_H
#define POOLS_BPF_H

#include "hook.bpf.h"

volatile struct pool_watch pool_watch SEC(".data.pools") = { 0 };

static __always_inline bool is_watched(__u64 hook)
{
	return hook_flag(hook, HOOK_POOL) && hook_id(hook) < MAX_POOL_HOOKS;
}

static __always_inline void note_pool_call(__u64 hook)
{
	if (is_watched(hook))
		__sync_fetch_and_add(&pool_watch.hook[hook_id(hook) & (MAX_POOL_HOOKS - 1)].calls, 1);
}

/* Of two at once one may go unnoticed. */
static __always_inline void note_pool_block(__u64 hook, __u64 size)
{
	volatile struct pool_calls *calls;
	struct task_struct *task;
	__u64 pages, before;

	if (!is_watched(hook))
		return;
	calls = &pool_watch.hook[hook_id(hook) & (MAX_POOL_HOOKS - 1)];
	if (size > calls->largest)
		calls->largest = size;
	if (!(size >> 32))
		return;
	task = (void *)bpf_get_current_task();
	pages = BPF_CORE_READ(task, mm, total_vm);
	before = BPF_CORE_READ(task, mm, hiwater_vm);
	if (before > pages)
		pages = before;
	if (pages << PAGE_SHIFT > pool_watch.address_space)
		pool_watch.address_space = pages << PAGE_SHIFT;
}

#endif
