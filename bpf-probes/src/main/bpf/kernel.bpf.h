/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The few kernel types the programs read, relocated by CO-RE to the running kernel's layout. */
#ifndef KERNEL_BPF_H
#define KERNEL_BPF_H

#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/* include/linux/uprobes.h: calls whose return address a return probe has replaced. */
struct return_instance {
	unsigned long stack; /* slot of the return address */
	unsigned long orig_ret_vaddr;
	struct return_instance *next;
} __attribute__((preserve_access_index));

struct uprobe_task {
	struct return_instance *return_instances;
} __attribute__((preserve_access_index));

struct ns_common {
	unsigned int inum;
} __attribute__((preserve_access_index));

struct pid_namespace {
	struct ns_common ns;
} __attribute__((preserve_access_index));

/* include/linux/pid.h: a number, and the namespace that gave it. Two words in every kernel. */
struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
} __attribute__((preserve_access_index));

/* include/linux/maple_tree.h: a node of 256 bytes; slot i holds what lies up to pivot[i] and beyond pivot[i - 1]. */
enum maple_type {
	maple_leaf_64 = 1,
	maple_range_64 = 2,
	maple_arange_64 = 3,
};

struct maple_range_64 {
	unsigned long pivot[15];
	void *slot[16];
} __attribute__((preserve_access_index));

struct maple_arange_64 {
	unsigned long pivot[9];
	void *slot[10];
} __attribute__((preserve_access_index));

struct maple_tree {
	void *ma_root;
} __attribute__((preserve_access_index));

struct mm_struct {
	struct maple_tree mm_mt; /* mappings, since Linux 6.1 */
	void *pgd;               /* the root of the page tables */
	unsigned long brk;
	unsigned long total_vm;    /* pages mapped */
	unsigned long hiwater_vm;  /* the most there were before some were unmapped */
	unsigned long def_flags;   /* VM_LOCKED: every new mapping is populated (mlockall) */
	unsigned long start_stack; /* the stack pointer that the program began with */
} __attribute__((preserve_access_index));

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;
	struct mm_struct *vm_mm;
	unsigned long vm_flags;
	void *vm_file; /* NULL: anonymous memory */
} __attribute__((preserve_access_index));

struct thread_struct {
	unsigned long fsbase; /* x86: the thread pointer */
} __attribute__((preserve_access_index));

/* include/linux/signal_types.h: of a signal that a fault raised. */
union __sifields {
	struct {
		void *_addr;
	} _sigfault;
} __attribute__((preserve_access_index));

struct kernel_siginfo {
	int si_code;
	union __sifields _sifields;
} __attribute__((preserve_access_index));

/* include/linux/sched/signal.h */
struct rlimit {
	unsigned long rlim_cur;
} __attribute__((preserve_access_index));

struct signal_struct {
	struct rlimit rlim[16];
	struct {
		int counter;
	} live; /* threads of the process that have not ended */
} __attribute__((preserve_access_index));

struct task_struct {
	struct signal_struct *signal;
	struct task_struct *group_leader;
	struct task_struct *real_parent;
	struct pid *thread_pid;
	struct uprobe_task *utask;
	struct mm_struct *mm;
	unsigned int flags;
	int pagefault_disabled;
	int tgid;
	unsigned long sas_ss_sp;   /* the stack for signal handlers (sigaltstack) */
	unsigned long sas_ss_size; /* 0: none, or disarmed */
	struct thread_struct thread;
} __attribute__((preserve_access_index));

/* include/linux/bpf.h, kernel/bpf/task_iter.c: what a program that looks at all tasks is given. */
struct bpf_iter_meta {
	struct seq_file *seq;
} __attribute__((preserve_access_index));

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task; /* NULL behind the last one */
} __attribute__((preserve_access_index));

/* io_uring/rw.h, include/linux/io_uring_types.h: one request of an io_uring. */
struct io_rw {
	__u64 addr;
	__u32 len;
} __attribute__((preserve_access_index));

struct io_kiocb {
	__u8 opcode;
} __attribute__((preserve_access_index));

/* include/linux/blk_types.h */
struct bio {
	unsigned int bi_opf; /* bits 0-7: what to do */
} __attribute__((preserve_access_index));

/* Spreads what differs in a word over the upper bits of a product (2^64 over the golden ratio). */
#define HASH_FACTOR 0x9e3779b97f4a7c15ull

/* What is known of a key. Several CPUs may write at once: what is not of one piece does not pass the check. */
struct checked {
	__u64 check; /* key ^ data * HASH_FACTOR */
	__u64 data;
};

static __always_inline bool is_of(const struct checked *known, __u64 data, __u64 key)
{
	return (known->check ^ data * HASH_FACTOR) == key;
}

static __always_inline void keep_checked(struct checked *known, __u64 data, __u64 key)
{
	known->data = data;
	known->check = key ^ data * HASH_FACTOR;
}

/*
 * Stores a word after all that stands before it: whoever sees it sees that too, and what was read was read before. On x86
 * plain loads and stores keep that order (Intel SDM, volume 3, 9.2.2); an exchange costs 5 ns more.
 */
#if defined(__TARGET_ARCH_x86)
#define publish(word, value)                                   \
	({                                                     \
		barrier();                                     \
		*(volatile typeof(*(word)) *)(word) = (value); \
	})
#else
#define publish(word, value) ((void)__sync_lock_test_and_set(word, value))
#endif

/* kernel/trace/bpf_trace.c, since 6.13 for uprobes. */
extern bool bpf_session_is_return(void) __ksym __weak;
extern __u64 *bpf_session_cookie(void) __ksym __weak;

#endif
