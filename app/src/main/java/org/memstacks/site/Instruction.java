package org.memstacks.site;

/**
 * One decoded instruction, as far as a probe's place depends on it.
 *
 * @param address the ELF virtual address of its first byte
 * @param length in bytes; 0 if the bytes were not understood
 * @param flow where execution goes next
 * @param target an address, as the flow says; 0 where the flow has none
 * @param writes the registers it may write, one bit each by the machine's own register number, and
 *     {@link #FLAGS} for the condition codes; never too few
 * @param effect what is known of the values written to registers
 * @param memory what it does in memory
 * @param condition of a branch: when it is taken, by the machine's own number of the condition; -1
 *     where it has none that is known
 * @param cost what a uprobe here costs
 */
record Instruction(
    long address,
    int length,
    Flow flow,
    long target,
    long writes,
    Effect effect,
    MemoryAccess memory,
    int condition,
    Cost cost) {

  /** The condition codes, as a bit of {@link #writes()}. */
  static final long FLAGS = 1L << 62;

  /** Every register and the condition codes. */
  static final long EVERYTHING = -1L;

  static Instruction unknown(long address) {
    return new Instruction(
        address,
        0,
        Flow.UNKNOWN,
        0,
        EVERYTHING,
        Effect.NOTHING,
        MemoryAccess.OTHER,
        -1,
        Cost.SINGLE_STEPPED);
  }

  boolean known() {
    return flow != Flow.UNKNOWN;
  }

  /** The address of the instruction behind this one. */
  long next() {
    return address + length;
  }

  boolean writes(int register) {
    return (writes & 1L << register) != 0;
  }
}
