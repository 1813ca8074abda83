package org.memstacks.site;

/** What is known of a register's 64 bits at one place in a function. */
public sealed interface Value {
  /**
   * An argument of the function, as its caller gave it.
   *
   * @param index from 0
   */
  record Argument(int index) implements Value {}

  record Constant(long value) implements Value {}

  /** The product of two arguments; {@code one} is the lower index. */
  record Product(int one, int other) implements Value {}

  /** The stack pointer's value at the function's entry, plus so many bytes. */
  record StackAddress(long offset) implements Value {}

  /** Where errno lies, or how far that is from the thread's pointer. */
  record ErrnoAddress() implements Value {}

  /** A word that was read from memory, and from no known place. */
  record Loaded() implements Value {}

  record Unknown() implements Value {}

  Value UNKNOWN = new Unknown();
  Value LOADED = new Loaded();
}
