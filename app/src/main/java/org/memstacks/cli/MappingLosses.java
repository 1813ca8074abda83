package org.memstacks.cli;

import java.util.List;
import java.util.Locale;
import org.memstacks.collect.AllocationProfile.Unattributed;
import org.memstacks.collect.MappingAccount;
import org.memstacks.report.HumanBytes;

/** What an account of mappings lacks, in words. */
final class MappingLosses {
  /* Less than this mapped unseen is what a C library takes for itself. */
  private static final long TOLERATED = 1 << 20;

  private MappingLosses() {}

  static void add(MappingAccount account, List<String> missing, List<String> remarks) {
    if (account.lostEvents() > 0) {
      missing.add(
          text(
              "%,d of %,d calls that map and unmap memory came faster than they could be taken in: some mappings shown"
                  + " may be gone, and others are missing",
              account.lostEvents(), account.calls()));
    }
    if (account.lostCalls() > 0) {
      missing.add(
          text(
              "%,d of %,d calls that map and unmap memory were not seen to return: too many under way at once, or made by signal handlers on a stack of their own",
              account.lostCalls(), account.calls()));
    }
    if (account.refused().blocks() > 0) {
      missing.add(
          text(
              "%s of %s are not counted: too many pieces of memory are mapped at once",
              Count.mappings(account.refused().blocks()),
              HumanBytes.of(account.refused().bytes())));
    }
    for (String problem : account.problems()) {
      missing.add("mappings are missing: " + problem);
    }
    if (account.unclearBytes() > 0) {
      remarks.add(
          text(
              "%s were mapped in the C library's or an allocator's code, whose caller is not known as the stack breaks"
                  + " off there: they are taken for the allocator's, and not counted",
              HumanBytes.of(account.unclearBytes())));
    }
    unexplained(account.unexplained(), missing, remarks);
  }

  private static void unexplained(
      Unattributed unexplained, List<String> missing, List<String> remarks) {
    if (unexplained.bytes() == 0) {
      return;
    }
    String text =
        text(
            "%s of address space was mapped in the window by no call that was seen: by system calls outside the C"
                + " library (as the Go runtime makes them), or by the kernel",
            HumanBytes.of(unexplained.bytes()));
    (unexplained.bytes() < TOLERATED ? remarks : missing).add(text);
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
