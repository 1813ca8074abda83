package org.memstacks.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.memstacks.bpf.Layouts.FaultStat;
import org.memstacks.collect.StackEnd;
import org.memstacks.fault.FaultProfile;
import org.memstacks.fault.PageGrowth.Cause;
import org.memstacks.fault.PageGrowth.State;
import org.memstacks.report.HumanBytes;
import org.memstacks.target.TargetProcess;

/** What a profile of page faults lacks, in words. */
final class FaultLosses {
  /* More than this share without a whole stack makes the output incomplete. */
  private static final double TOLERATED = 0.01;

  private static final String ONLY_READ =
      " (without pages that were only read, unless of a file mapped before: else they may be the"
          + " zero page, which takes no memory)";

  private static final String NOT_FOLLOWED =
      "calls of libc's mmap, munmap, mremap, madvise, brk and mlock were not followed (%s): pages that"
          + " they bring are under [no fault seen], and where they move or replace pages, these may"
          + " count for who used the address before";

  private FaultLosses() {}

  /**
   * @param ending what the process did, if that ended the window, as {@link TargetProcess#ending}
   * @param unfollowed why no calls that map memory were followed, if so
   */
  static Losses of(FaultProfile profile, String ending, Optional<String> unfollowed) {
    List<String> missing = new ArrayList<>();
    List<String> remarks = new ArrayList<>();
    basis(profile, ending, missing);
    lost(profile, missing);
    unexplained(profile, missing, remarks);
    unfollowed.ifPresent(reason ->
        (isMuch(profile.pages(Cause.NO_FAULT), profile) ? missing : remarks)
            .add(text(NOT_FOLLOWED, reason)));
    unrecorded(profile, missing);
    incomplete(profile, missing, remarks);
    apart(profile, remarks);
    balance(profile, missing, remarks);
    return new Losses(missing, remarks);
  }

  private static void basis(FaultProfile profile, String ending, List<String> missing) {
    switch (profile.basis()) {
      case SNAPSHOTS -> {}
      case BEFORE_END ->
          missing.add(
              text(
                  "the process %s in the window: this is what was in memory %.1f s before, less %,d pages that it gave back since, and %,d pages that came since%s",
                  ending,
                  profile.since().millis() / 1000.0,
                  profile.since().wentBack(),
                  profile.since().came(),
                  ONLY_READ));
      case RECORDS ->
          missing.add(
              text(
                  "the process %s in the window before its memory was looked at again: these are the %,d pages it"
                      + " brought and was not seen to give back%s",
                  ending, profile.since().came(), ONLY_READ));
      case MAPS ->
          missing.add(
              "/proc/PID/pagemap may not be read (it takes root; kernels without CONFIG_PROC_PAGE_MONITOR"
                  + " have none): pages that came count if they lie in a mapping now, though some may have"
                  + " gone, and what came along with a fault's page is not seen: the weaker answer");
    }
  }

  private static void lost(FaultProfile profile, List<String> missing) {
    Map<FaultStat, Long> counters = profile.counters();
    if (counters.get(FaultStat.LOST) > 0) {
      missing.add(
          text(
              "no room for %s (%s): raise --max-pages",
              Count.pages(counters.get(FaultStat.LOST)), bytes(counters.get(FaultStat.LOST))));
    }
    long unstored = profile.pages(Cause.STACK_NOT_STORED);
    if (unstored > 0) {
      missing.add(
          text(
              "%s (%s) %s no stack: the stack store is full (it is made for 64 frames a stack on average), raise --stack-storage-size",
              Count.pages(unstored), bytes(unstored), unstored == 1 ? "has" : "have"));
    }
    if (counters.get(FaultStat.CALLS_LOST) > 0) {
      missing.add(
          text(
              "%,d calls that map memory could not be followed to their end: too many at once, or made by signal handlers on a stack of their own",
              counters.get(FaultStat.CALLS_LOST)));
    }
    if (profile.lostMoves() > 0) {
      missing.add(
          text(
              "%,d moves of mappings (mremap) could not be followed: too many at once",
              profile.lostMoves()));
    }
    if (profile.since().lostCalls() > 0) {
      missing.add(
          text(
              "%,d calls that give pages back could not be followed, too many at once: of what was in memory %.1f s"
                  + " before the end pages may count that were given back",
              profile.since().lostCalls(), profile.since().millis() / 1000.0));
    }
  }

  private static void unexplained(
      FaultProfile profile, List<String> missing, List<String> remarks) {
    long pages = profile.pages(Cause.NO_FAULT);
    if (pages == 0) {
      return;
    }
    String line =
        text(
            "%,d of %s (%s) came without a fault or a call that was seen, under [no fault seen]%s",
            pages,
            Count.of("newly resident page", profile.pages(State.RESIDENT)),
            bytes(pages),
            profile.framesSeen()
                ? ""
                : ". Without CAP_SYS_ADMIN pages that came in one piece with others are among them");
    (isMuch(pages, profile) ? missing : remarks).add(line);
  }

  private static boolean isMuch(long pages, FaultProfile profile) {
    return pages > profile.pages(State.RESIDENT) * TOLERATED;
  }

  /** Which of them came without a fault, and whose records were lost, is not known. */
  private static void unrecorded(FaultProfile profile, List<String> missing) {
    long pages = profile.pages(Cause.NOT_RECORDED);
    if (pages > 0) {
      missing.add(
          text(
              "%,d of %,d newly resident pages (%s) have no record, since it was lost as said, or since they came without"
                  + " a fault or a call that was seen: they are under [not recorded]",
              pages, profile.pages(State.RESIDENT), bytes(pages)));
    }
  }

  private static void incomplete(FaultProfile profile, List<String> missing, List<String> remarks) {
    Map<StackEnd, Long> ends = profile.incompletePages();
    if (ends.isEmpty()) {
      return;
    }
    long pages = ends.values().stream().mapToLong(Long::longValue).sum();
    long all = profile.growth().stream().mapToLong(part -> part.pages()).sum();
    List<String> reasons = new ArrayList<>();
    ends.forEach((end, count) -> reasons.add(text("%s %,d", end.reason(), count)));
    String line =
        text(
            "%,d of %s %s in stacks that break off: %s%s",
            pages,
            Count.pages(all),
            pages == 1 ? "is" : "are",
            String.join(", ", reasons),
            ends.containsKey(StackEnd.NO_MAPPING) || ends.containsKey(StackEnd.NO_FRAME_POINTER)
                ? "; -v says what of the code could not be read"
                : "");
    (pages > all * TOLERATED ? missing : remarks).add(line);
  }

  /** What page tables show against what the kernel counts. */
  private static void balance(FaultProfile profile, List<String> missing, List<String> remarks) {
    long found = profile.residentChange();
    long counted = profile.kernelCount().change();
    if (!profile.isReconciled() || !profile.kernelCount().contradicts(found)) {
      return;
    }
    String line =
        text(
            "growth less what went is %+,d pages by the page tables, %+,d by the kernel's own count:"
                + " the process maps and unmaps much while it is looked at, or memory is mapped that the"
                + " kernel does not count; trace again, for a window that ends in a calm moment",
            found, counted);
    (Math.abs(found - counted) > Math.abs(counted) * TOLERATED ? missing : remarks).add(line);
  }

  private static void apart(FaultProfile profile, List<String> remarks) {
    long huge = profile.pages(State.HUGETLB);
    if (huge > 0) {
      remarks.add(
          text(
              "%s (%s) of hugetlbfs under [hugetlb], which the resident set does not count",
              Count.pages(huge), bytes(huge)));
    }
    long swapped = profile.pages(State.SWAPPED);
    if (swapped > 0) {
      remarks.add(
          text(
              "%s (%s) came and %s in swap now, under [swapped out]",
              Count.pages(swapped), bytes(swapped), swapped == 1 ? "is" : "are"));
    }
  }

  private static String bytes(long pages) {
    return HumanBytes.of(pages * PgfaultstacksCommand.PAGE_BYTES);
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
