package org.memstacks.site;

/**
 * What a uprobe on an instruction costs, from the kernel's own rules (arch/x86/kernel/uprobes.c,
 * arch/arm64/kernel/probes/decode-insn.c). Times are of one empty probe on Linux 6.18 in an x86-64
 * virtual machine; their ratio is what matters.
 */
public enum Cost {
  /** The trap handler carries the instruction out itself: about 0.5 µs a hit. */
  EMULATED,
  /** The instruction runs out of line under the trap flag, a second trap: about 10 µs a hit. */
  SINGLE_STEPPED,
  /**
   * No probe may sit here: the kernel refuses it (LOCK and segment prefixes, VEX encodings, traps,
   * I/O), or accepts it and harms the target or the count (see {@link X86Uprobes}).
   */
  REFUSED
}
