package org.memstacks.site;

/** What an instruction does to register values, beyond the mere fact that it writes them. */
sealed interface Effect {
  /** Nothing that is tracked. */
  record Nothing() implements Effect {}

  /** {@code to = from + plus}, all 64 bits: a register copy, or a move of the stack pointer. */
  record Derived(int to, int from, long plus) implements Effect {}

  /** The register becomes zero in all 64 bits. */
  record Zeroed(int register) implements Effect {}

  /** The condition codes tell afterwards whether the register's 64 bits are zero. */
  record TestedForZero(int register) implements Effect {}

  Effect NOTHING = new Nothing();
}
