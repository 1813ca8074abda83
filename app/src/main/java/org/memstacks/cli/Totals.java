package org.memstacks.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.memstacks.bpf.Layouts.Stat;
import org.memstacks.collect.AllocationProfile;
import org.memstacks.collect.AllocationProfile.Unattributed;
import org.memstacks.collect.BlockOptions.View;
import org.memstacks.collect.Counters;
import org.memstacks.collect.MappingAccount;
import org.memstacks.collect.TraceOptions;
import org.memstacks.report.HumanBytes;
import org.memstacks.report.NamedStack;

/** A profile in one sentence, whose figures add up. */
final class Totals {
  private final AllocationProfile profile;
  private final TraceOptions options;
  private final String stacks;
  private final String bytes;
  private final long blocks;
  private final Unattributed mapped;

  Totals(AllocationProfile profile, TraceOptions options, List<NamedStack> stacks) {
    this.profile = profile;
    this.options = options;
    this.stacks = Count.stacks(stacks.size());
    boolean atEnd = options.blocks().view() == View.UNFREED;
    this.mapped = atEnd ? profile.mappings().mapped() : Unattributed.NONE;
    this.bytes = HumanBytes.of(stacks.stream().mapToLong(NamedStack::bytes).sum() - mapped.bytes());
    this.blocks = stacks.stream().mapToLong(NamedStack::blocks).sum() - mapped.blocks();
  }

  String text() {
    if (options.all()) {
      return text("%s of %s in %s", Count.allocations(blocks), bytes, stacks);
    }
    return switch (options.blocks().view()) {
      case UNFREED ->
          text("%s of %s%s not freed, in %s", Count.blocks(blocks), bytes, mappings(), stacks)
              + "; "
              + account();
      case PEAK -> peak();
      case TEMPORARY ->
          text(
              "%,d of %,d blocks, of %s in %s, were freed by their thread before it allocated anything else",
              blocks, profile.counters().get(Stat.ALLOCATIONS), bytes, stacks);
    };
  }

  private String mappings() {
    return options.blocks().mappings()
        ? text(" and %s of %s", Count.mappings(mapped.blocks()), HumanBytes.of(mapped.bytes()))
        : "";
  }

  private String peak() {
    AllocationProfile.Peak peak = profile.peak().orElseThrow();
    return text(
        "%s of %s in %s were live %.1f s into the window, at its peak; the most seen at any moment was %s",
        Count.blocks(blocks),
        bytes,
        stacks,
        peak.atMillis() / 1000.0,
        HumanBytes.of(peak.highestSeen()));
  }

  /** Where the blocks of the window went: the parts are the whole. */
  private String account() {
    Counters counters = profile.counters();
    long moved = counters.get(Stat.MOVED_BLOCKS);
    long freed = counters.get(Stat.FREED_BLOCKS) - moved;
    long gone = profile.replacement().gone().blocks();
    long allocated = counters.get(Stat.ALLOCATIONS);
    long moving = allocated - freed - moved - gone - profile.liveBlocks();
    List<String> parts = new ArrayList<>();
    parts.add(text("%,d freed", freed));
    parts.add(text("%,d moved or resized by realloc", moved));
    add(parts, "%,d gone with an exec", gone);
    add(parts, "%,d being moved at the end", moving);
    Unattributed youngerMapped = profile.mappings().younger();
    long younger = profile.youngerBlocks().blocks() - youngerMapped.blocks();
    if (younger > 0) {
      parts.add(
          text(
              "%,d of %s younger than --older %d",
              younger,
              HumanBytes.of(profile.youngerBlocks().bytes() - youngerMapped.bytes()),
              options.blocks().older().toMillis()));
    }
    parts.add(text("%,d not freed", blocks));
    return text("%,d allocated: %s", allocated, String.join(", ", parts)) + others() + mapped();
  }

  private String others() {
    boolean filtered = options.isFiltered();
    long frees = profile.counters().get(filtered ? Stat.UNKNOWN_FREES : Stat.OLDER_FREES);
    if (frees == 0) {
      return "";
    }
    return text(
        "; besides, %s of blocks %s",
        Count.of("free", frees), filtered ? "that do not count" : "from before the window");
  }

  /** What of the mappings is not among those counted. */
  private String mapped() {
    MappingAccount mappings = profile.mappings();
    StringBuilder text = new StringBuilder();
    if (mappings.younger().blocks() > 0) {
      text.append(
          text(
              "; %s of %s younger than --older",
              Count.mappings(mappings.younger().blocks()),
              HumanBytes.of(mappings.younger().bytes())));
    }
    if (mappings.allocatorBytes() > 0) {
      text.append(
          text(
              "; what the allocator mapped for its blocks, %s, is not among the mappings",
              HumanBytes.of(mappings.allocatorBytes())));
    }
    return text.toString();
  }

  private static void add(List<String> parts, String format, long value) {
    if (value > 0) {
      parts.add(text(format, value));
    }
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
