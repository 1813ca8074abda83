/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The time to within a tick (1 to 10 ms): the clock is read when a tick has passed since it was read last. Ticks cost a
 * load, the clock some 20 ns.
 */
#ifndef CLOCK_BPF_H
#define CLOCK_BPF_H

#include "kernel.bpf.h"

static struct {
	volatile __u64 tick;
	volatile __u64 nanos;
} last_read;

/* CLOCK_MONOTONIC. */
static __always_inline __u64 clock_nanos(void)
{
	__u64 tick = bpf_jiffies64();

	if (last_read.tick != tick) {
		last_read.nanos = bpf_ktime_get_ns();
		/* After the time: whoever sees the tick sees its time. */
		barrier();
		last_read.tick = tick;
	}
	return last_read.nanos;
}

#endif
