package org.memstacks.cli;

import java.util.Locale;

/** Numbers of things, for people. */
final class Count {
  private Count() {}

  /** {@code 1 stack}, {@code 1,234 stacks}. */
  static String stacks(long number) {
    return of("stack", number);
  }

  /** {@code 1 block}, {@code 1,234 blocks}. */
  static String blocks(long number) {
    return of("block", number);
  }

  /** {@code 1 mapping}, {@code 1,234 mappings}. */
  static String mappings(long number) {
    return of("mapping", number);
  }

  /** {@code 1 allocation}, {@code 1,234 allocations}. */
  static String allocations(long number) {
    return of("allocation", number);
  }

  /**
   * As many of them as there are.
   *
   * @param thing that takes an s when there are several
   */
  static String of(String thing, long number) {
    return String.format(Locale.ROOT, number == 1 ? "%,d %s" : "%,d %ss", number, thing);
  }
}
