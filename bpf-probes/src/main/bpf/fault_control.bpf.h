/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the collector tells the programs that follow page faults, and they tell it. */
#ifndef FAULT_CONTROL_BPF_H
#define FAULT_CONTROL_BPF_H

#include "kernel.bpf.h"
#include "memstacks.h"

volatile struct fault_control fault_control SEC(".data.faults") = { 0 };

const volatile struct fault_config fault_config SEC(".rodata.faults") = { .page_chunks = 1, .changes = 1 };

#endif
