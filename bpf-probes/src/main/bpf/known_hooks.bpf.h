/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Which hook is at an address, as long as the code mappings stay: to ask the kernel for the attach cookie costs several
 * times as much as to look it up.
 */
#ifndef KNOWN_HOOKS_BPF_H
#define KNOWN_HOOKS_BPF_H

#include "tables.bpf.h"

#define KNOWN_HOOKS      32
#define KNOWN_HOOK_SHIFT (64 - 5)

/* By hash of the address, for one program each. Of two that share an entry the latter stays. */
static struct checked known_sessions[KNOWN_HOOKS], known_frees[KNOWN_HOOKS];

/* The hook at the probe's own address, where the program is: not for programs that run at returns. */
static __always_inline __u64 hook_here(struct checked *hooks, struct pt_regs *ctx)
{
	__u64 address = PT_REGS_IP(ctx), key = address ^ (__u64)control.generation << 32;
	struct checked *known = &hooks[address * HASH_FACTOR >> KNOWN_HOOK_SHIFT];
	__u64 hook = known->data;

	if (hook && is_of(known, hook, key))
		return hook;
	hook = bpf_get_attach_cookie(ctx);
	keep_checked(known, hook, key);
	return hook;
}

#endif
