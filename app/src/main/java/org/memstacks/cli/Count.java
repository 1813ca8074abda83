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

  /** {@code 1 page}, {@code 1,234 pages}. */
  static String pages(long number) {
    return of("page", number);
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
    return of(thing, thing + "s", number);
  }

  /** As many of them as there are, with the words for one and for several. */
  static String of(String one, String several, long number) {
    return String.format(Locale.ROOT, "%,d %s", number, number == 1 ? one : several);
  }
}
