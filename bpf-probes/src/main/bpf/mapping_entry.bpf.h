/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Calls of libc's mmap family between their entry and their return. */
#ifndef MAPPING_ENTRY_BPF_H
#define MAPPING_ENTRY_BPF_H

#include "kernel.bpf.h"
#include "outer_call.bpf.h"

/* mmap and the others return errors as -1 through libc. */
#define CALL_FAILED       (~0ull)
#define CALL_RETURN_BYTES 8

struct mapping_call_key {
	__u64 sp; /* at entry */
	__u32 thread;
	__u32 op;
};

struct mapping_call {
	__u64 argument[4];
};

/* Calls between entry and return. Those that find it full, or whose return is not probed, count as calls_lost. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct mapping_call_key);
	__type(value, struct mapping_call);
} mapping_calls SEC(".maps");

static __always_inline struct mapping_call_key mapping_call_key_of(__u32 op, __u64 entry_sp)
{
	struct mapping_call_key key = {
		.sp = entry_sp,
		.thread = (__u32)bpf_get_current_pid_tgid(),
		.op = op,
	};

	return key;
}

static __always_inline struct mapping_call mapping_call_of(struct pt_regs *ctx)
{
	struct mapping_call call = {
		.argument = { PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx), PT_REGS_PARM4(ctx) },
	};

	return call;
}

/* What becomes of a call is told by who includes this: true when the return is wanted, if it can be probed at all. */
static __always_inline bool mapping_begins(struct pt_regs *ctx, __u64 hook, bool returns);
static __always_inline void mapping_ends(struct pt_regs *ctx, __u64 hook);

/* Entry and return in one probe; 1 from the entry means that the return is not wanted. */
SEC("uprobe")
int mapping_session(struct pt_regs *ctx)
{
	__u64 hook = bpf_get_attach_cookie(ctx);

	if (!bpf_session_is_return())
		return !mapping_begins(ctx, hook, !return_probe_harms(ctx));
	mapping_ends(ctx, hook);
	return 0;
}

SEC("uprobe")
int mapping_entry(struct pt_regs *ctx)
{
	mapping_begins(ctx, bpf_get_attach_cookie(ctx), true);
	return 0;
}

SEC("uretprobe")
int mapping_return(struct pt_regs *ctx)
{
	mapping_ends(ctx, bpf_get_attach_cookie(ctx));
	return 0;
}

#endif
