package org.memstacks.site;

/** What an instruction does in memory, as far as values are followed there. */
sealed interface MemoryAccess {
  /** Nothing, or it only reads what is not followed. */
  record None() implements MemoryAccess {}

  /** All 64 bits of the register come from the word at {@code base + displacement}. */
  record Load(int to, int base, long displacement) implements MemoryAccess {}

  /** The register's 64 bits go to the word at {@code base + displacement}. */
  record Store(int from, int base, long displacement) implements MemoryAccess {}

  /** A constant of 32 bits goes to the word at {@code base}: how errno is set. */
  record StoredConstant(int base, boolean ofThread) implements MemoryAccess {}

  /** The register goes to the word below the stack pointer's old value. */
  record Push(int from) implements MemoryAccess {}

  /** The register comes from the word at the stack pointer's old value. */
  record Pop(int to) implements MemoryAccess {}

  /** It may write anywhere. */
  record Other() implements MemoryAccess {}

  MemoryAccess NONE = new None();
  MemoryAccess OTHER = new Other();
}
