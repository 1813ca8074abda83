package org.memstacks.site;

/**
 * Where a jump leads whose target is computed at run time: to {@code base + index * 2^scale +
 * displacement}, or to the address that the word there holds.
 *
 * @param base the machine's number of a register, {@link #INSTRUCTION}, or {@link #NONE}
 * @param index the machine's number of a register, or {@link #NONE}
 * @param inMemory whether the sum is where the target's address is read from
 */
public record ComputedTarget(int base, int index, int scale, int displacement, boolean inMemory) {
  /** In place of a register: the address of the jump itself. */
  public static final int INSTRUCTION = 16;

  /** In place of a register: there is none. */
  public static final int NONE = -1;
}
