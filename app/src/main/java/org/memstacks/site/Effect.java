package org.memstacks.site;

/** What an instruction does to register values, beyond the mere fact that it writes them. */
sealed interface Effect {
  /** Nothing that is tracked. */
  record Nothing() implements Effect {}

  /** {@code to = from + plus}, all 64 bits: a register copy, or a move of the stack pointer. */
  record Derived(int to, int from, long plus) implements Effect {}

  /** All 64 bits of the register become this value. */
  record Constant(int register, long value) implements Effect {}

  /** {@code to = one * other}, the low 64 bits. */
  record Product(int to, int one, int other) implements Effect {}

  /** The condition codes tell afterwards whether the register's 64 bits are zero. */
  record TestedForZero(int register) implements Effect {}

  /** The condition codes are those of the register's 64 bits less the constant. */
  record Compared(int register, long constant) implements Effect {}

  Effect NOTHING = new Nothing();
}
