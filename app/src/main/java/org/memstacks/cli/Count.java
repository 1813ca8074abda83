package org.memstacks.cli;

import java.util.Locale;

/** Numbers of things, for people. */
final class Count {
  private Count() {}

  /** {@code 1 stack}, {@code 1,234 stacks}. */
  static String stacks(long number) {
    return String.format(Locale.ROOT, number == 1 ? "%,d stack" : "%,d stacks", number);
  }
}
