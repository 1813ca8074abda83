package org.memstacks.cli;

import java.util.ArrayList;
import java.util.List;
import org.memstacks.bpf.Layouts.Stat;
import org.memstacks.collect.AllocationProfile;
import org.memstacks.collect.Counters;
import org.memstacks.report.HumanBytes;

/** What is missing from a profile, in words; empty when nothing is. */
final class Losses {
  private Losses() {}

  static List<String> of(AllocationProfile profile, boolean all) {
    Counters counters = profile.counters();
    List<String> losses = new ArrayList<>();
    if (counters.get(Stat.LOST_BLOCKS) > 0) {
      losses.add(
          "lost %,d blocks of %s: the table of live blocks is full"
              .formatted(
                  counters.get(Stat.LOST_BLOCKS), HumanBytes.of(counters.get(Stat.LOST_BYTES))));
    }
    if (counters.get(Stat.PENDING_LOST) > 0) {
      losses.add(
          "lost %,d allocations of %s: too many calls under way at once"
              .formatted(
                  counters.get(Stat.PENDING_LOST),
                  HumanBytes.of(counters.get(Stat.PENDING_LOST_BYTES))));
    }
    if (profile.withoutStack().blocks() > 0) {
      losses.add(
          "%,d %s of %s have no stack: the stack store is full, raise --stack-storage-size"
              .formatted(
                  profile.withoutStack().blocks(),
                  all ? "allocations" : "blocks",
                  HumanBytes.of(profile.withoutStack().bytes())));
    }
    return losses;
  }
}
