package org.memstacks.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.memstacks.bpf.Layouts.Hook;
import org.memstacks.bpf.Layouts.Stat;
import org.memstacks.collect.AllocationProfile;
import org.memstacks.collect.AllocatorFunction;
import org.memstacks.collect.PoolFindings;
import org.memstacks.collect.PoolFindings.WrongSize;
import org.memstacks.report.HumanBytes;

/** What is missing or wrong of a program's own functions (--pair), in words. */
final class PoolLosses {
  private static final String INLINED =
      "not called in the window, or the compiler put it into its callers (inlined)";

  private PoolLosses() {}

  /** Adds it to what else a profile lacks. */
  static Losses add(Losses losses, PoolFindings found, AllocationProfile profile) {
    List<String> missing = new ArrayList<>(losses.missing());
    List<String> remarks = new ArrayList<>(losses.remarks());
    for (WrongSize wrong : found.wrongSizes()) {
      missing.add(text(wrong));
    }
    boolean active =
        profile.counters().get(Stat.REQUESTS) > 0
            || profile.counters().get(Stat.UNKNOWN_FREES) > 0
            || profile.isSuspiciouslyEmpty();
    if (found.nothingAllocated() && active) {
      missing.add(
          "no call of %s was seen, and the process allocated meanwhile: %s; what --pair describes is not counted"
              .formatted(String.join(", ", found.uncalledAllocations()), INLINED));
    } else if (!found.uncalledAllocations().isEmpty()) {
      remarks.add(
          "no call of %s was seen: %s"
              .formatted(String.join(", ", found.uncalledAllocations()), INLINED));
    }
    if (!found.uncalledFrees().isEmpty() && !found.nothingAllocated()) {
      remarks.add(
          "no call of %s was seen: %s; if blocks are given back otherwise, they count as not freed all the same"
              .formatted(String.join(", ", found.uncalledFrees()), INLINED));
    }
    return new Losses(missing, remarks);
  }

  private static String text(WrongSize wrong) {
    AllocatorFunction function = wrong.function();
    // Beyond 2^63 the number would be negative.
    long bytes = wrong.bytes() < 0 ? Long.MAX_VALUE : wrong.bytes();
    return String.format(
        Locale.ROOT,
        "%s: one block has %s, and no more than %s was mapped: the size looks wrong, and so is what is shown of it; %s",
        function.symbol(),
        HumanBytes.of(bytes),
        HumanBytes.of(wrong.mapped()),
        advice(function));
  }

  private static String advice(AllocatorFunction function) {
    boolean open = function.sizeBits() == 0 || function.count() != 0 && function.countBits() == 0;
    return open
        ? "if it is an int, or unsigned, type --pair '%s ...'".formatted(narrow(function))
        : "see which argument it is (--pair, the numbers)";
  }

  private static String narrow(AllocatorFunction function) {
    String size = function.size() + bits(function.sizeBits());
    String form;
    if (function.operation() == Hook.REALLOC) {
      form = "realloc=%s:%d:%s".formatted(function.symbol(), function.pointer(), size);
    } else if (function.count() != 0) {
      form =
          "calloc=%s:%d%s:%s"
              .formatted(function.symbol(), function.count(), bits(function.countBits()), size);
    } else {
      form = "alloc=%s:%s".formatted(function.symbol(), size);
    }
    return form;
  }

  private static String bits(int known) {
    return "/" + (known == 0 ? Integer.SIZE : known);
  }
}
