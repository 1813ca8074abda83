package org.memstacks.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.memstacks.bpf.Layouts.Stat;
import org.memstacks.collect.AllocationProfile;
import org.memstacks.collect.AllocationProfile.Replacement;
import org.memstacks.collect.Counters;
import org.memstacks.collect.LostProbe;
import org.memstacks.collect.StackEnd;
import org.memstacks.report.HumanBytes;

/**
 * What a profile lacks, in words.
 *
 * @param missing events or bytes that are not in it, or not where they belong: the output is
 *     incomplete
 * @param remarks what is worth knowing but leaves the output complete
 */
record Losses(List<String> missing, List<String> remarks) {
  /**
   * More bytes than this share in stacks that do not reach their outermost frame make the output
   * incomplete.
   */
  private static final double TOLERATED_INCOMPLETE = 0.01;

  private static final long PAGE_BYTES = 4096;

  Losses {
    missing = List.copyOf(missing);
    remarks = List.copyOf(remarks);
  }

  static Losses of(AllocationProfile profile, boolean all) {
    List<String> missing = new ArrayList<>();
    List<String> remarks = new ArrayList<>();
    lostEvents(profile, all, missing);
    replacement(profile, all, missing, remarks);
    incompleteStacks(profile, missing, remarks);
    guessedStacks(profile, remarks);
    guests(profile, remarks);
    copies(profile, remarks);
    MappingLosses.add(profile.mappings(), missing, remarks);
    if (profile.ambiguousBytes() > 0) {
      remarks.add(
          text(
              "up to %s may bear the names of an object that was unloaded: another one was loaded to its addresses,"
                  + " which is noticed within a second",
              HumanBytes.of(profile.ambiguousBytes())));
    }
    return new Losses(missing, remarks);
  }

  /** With what functions lost whose probe sees no calls any more. */
  Losses plusLostProbes(Set<LostProbe> probes) {
    List<String> all = new ArrayList<>(missing);
    for (LostProbe.Way way : LostProbe.Way.values()) {
      String functions =
          probes.stream()
              .filter(probe -> probe.way() == way)
              .map(LostProbe::function)
              .sorted()
              .collect(Collectors.joining(", "));
      if (!functions.isEmpty()) {
        all.add(
            switch (way) {
              case REMOVED ->
                  "the probe of %s was removed in the window: a debugger, most likely, wrote the instruction back; later calls are not counted. Trace again without it"
                      .formatted(functions);
              case CHANGED ->
                  "the code of %s was changed in the window (a detour, as programs write that hook functions): later calls may go unseen"
                      .formatted(functions);
              case MOVED ->
                  "the code of %s was moved in the window to memory of the process's own (as for huge pages): later calls are not seen"
                      .formatted(functions);
            });
      }
    }
    return new Losses(all, remarks);
  }

  /** With what was left out though it may belong to the result. */
  Losses plusDoubtful(long bytes) {
    return bytes == 0
        ? this
        : plusMissing(
            HumanBytes.of(bytes)
                + " are left out as part of other allocations: an allocation function took them by code that functions use that are not traced as well, whose own they may be");
  }

  /** With calls that lead elsewhere than to traced functions. */
  Losses plusStrayBindings(List<String> bindings) {
    return bindings.isEmpty()
        ? this
        : plusMissing(
            "calls of "
                + String.join("; calls of ", bindings)
                + ": what that does not take from traced functions is not seen");
  }

  /** With functions that no probe could be put into, and why. */
  Losses plusUnprobed(List<String> functions) {
    return functions.isEmpty()
        ? this
        : plusMissing(
            String.join("; ", functions)
                + ": what it does not take from traced functions is not seen");
  }

  /** With something else that is missing, in words. */
  Losses plusMissing(String what) {
    List<String> all = new ArrayList<>(missing);
    all.add(what);
    return new Losses(all, remarks);
  }

  private static void lostEvents(AllocationProfile profile, boolean all, List<String> missing) {
    Counters counters = profile.counters();
    if (profile.isSuspiciouslyEmpty()) {
      missing.add(
          text(
              "no allocation and no free was seen, yet the process took %,d page faults and its data grew by %s: it may"
                  + " allocate by mmap (--mmap shows that), or with another allocator than the one -v shows",
              profile.activity().minorFaults(),
              HumanBytes.of(profile.activity().dataPages() * PAGE_BYTES)));
    }
    if (counters.get(Stat.LOST_BLOCKS) > 0) {
      missing.add(
          text(
              "lost %s of %s: the table of live blocks is full, %s",
              Count.blocks(counters.get(Stat.LOST_BLOCKS)),
              HumanBytes.of(counters.get(Stat.LOST_BYTES)),
              profile.shortage().isEmpty() ? "raise --max-live-blocks" : profile.shortage()));
    }
    if (counters.get(Stat.PENDING_LOST) > 0) {
      missing.add(
          text(
              "lost %s of %s: too many calls under way at once",
              Count.allocations(counters.get(Stat.PENDING_LOST)),
              HumanBytes.of(counters.get(Stat.PENDING_LOST_BYTES))));
    }
    if (counters.get(Stat.UNPROBED_RETURNS) > 0) {
      missing.add(
          text(
              "lost %s of %s, made by signal handlers on a stack of their own that lies above the interrupted one: a return"
                  + " probe there would have ended the process",
              Count.allocations(counters.get(Stat.UNPROBED_RETURNS)),
              HumanBytes.of(counters.get(Stat.UNPROBED_BYTES))));
    }
    if (counters.get(Stat.UNREAD_RESULTS) > 0) {
      missing.add(
          text(
              "lost %s of %s: where their results were stored could not be read",
              Count.allocations(counters.get(Stat.UNREAD_RESULTS)),
              HumanBytes.of(counters.get(Stat.UNREAD_BYTES))));
    }
    if (profile.missedReturns().blocks() > 0) {
      missing.add(
          text(
              "at least %s of up to %s began and were not seen to return; they are not counted",
              Count.allocations(profile.missedReturns().blocks()),
              HumanBytes.of(profile.missedReturns().bytes())));
    }
    if (profile.withoutStack().blocks() > 0) {
      missing.add(
          text(
              "%s of %s have no stack: the stack store is full (it is made for 64 frames a stack on average), raise --stack-storage-size",
              Count.of(all ? "allocation" : "block", profile.withoutStack().blocks()),
              HumanBytes.of(profile.withoutStack().bytes())));
    }
  }

  private static void guessedStacks(AllocationProfile profile, List<String> remarks) {
    long bytes = profile.bytesIn(StackEnd.COMPLETE_BY_FRAME_POINTER);
    if (bytes > 0) {
      remarks.add(
          text(
              "%s of %s are in stacks that lead through code without unwind information, by frame pointer: calls"
                  + " there may be missing",
              HumanBytes.of(bytes), HumanBytes.of(profile.totalBytes())));
    }
  }

  private static void guests(AllocationProfile profile, List<String> remarks) {
    long guests = profile.counters().get(Stat.GUESTS);
    if (guests > 0) {
      remarks.add(
          text(
              "%,d %s begun by vfork or posix_spawn ran in the process's memory until exec: what they allocated or freed"
                  + " there, usually nothing, is not counted (with --attach perf it is)",
              guests, guests == 1 ? "child" : "children"));
    }
  }

  private static void copies(AllocationProfile profile, List<String> remarks) {
    if (profile.isEmptyButForked()) {
      remarks.add(
          text(
              "no allocation and no free was seen; the %,d page faults the process took are likely those by which it"
                  + " gets its own copies of pages it shares with children",
              profile.activity().minorFaults()));
    }
  }

  private static void replacement(
      AllocationProfile profile, boolean all, List<String> missing, List<String> remarks) {
    Replacement replacement = profile.replacement();
    if (!replacement.problem().isEmpty()) {
      missing.add(replacement.problem());
    }
    if (replacement.times() > 0 && !all) {
      remarks.add(
          text(
              "the process became another program (exec): %s of %s went with its old memory and are left out",
              Count.blocks(replacement.gone().blocks()),
              HumanBytes.of(replacement.gone().bytes())));
    }
  }

  /** Figures look the same wherever it runs. */
  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private static void incompleteStacks(
      AllocationProfile profile, List<String> missing, List<String> remarks) {
    Map<StackEnd, Long> bytes = profile.incompleteBytes();
    long incomplete = bytes.values().stream().mapToLong(Long::longValue).sum();
    if (bytes.isEmpty()) {
      return;
    }
    List<String> reasons = new ArrayList<>();
    bytes.forEach((end, sum) -> reasons.add(end.reason() + " " + HumanBytes.of(sum)));
    String text =
        text(
            "%s of %s are in stacks that break off: %s",
            HumanBytes.of(incomplete),
            HumanBytes.of(profile.totalBytes()),
            String.join(", ", reasons));
    if (incomplete > profile.totalBytes() * TOLERATED_INCOMPLETE) {
      missing.add(text);
    } else {
      remarks.add(text);
    }
  }
}
