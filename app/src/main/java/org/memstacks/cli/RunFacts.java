package org.memstacks.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.OptionalLong;
import java.util.SequencedMap;
import org.memstacks.report.HumanBytes;
import org.memstacks.target.TargetProcess;

/**
 * What a run was, for those who read its output later.
 *
 * @param command as it was typed
 * @param begin of the window
 * @param total in words
 * @param findings what else was found, by name
 */
record RunFacts(
    String command,
    TargetProcess target,
    Instant begin,
    Duration window,
    String total,
    SequencedMap<String, String> findings,
    Losses losses) {
  private static final long PAGE_BYTES = 4096;
  /* Less growth than this beside the blocks is what allocators keep in hand. */
  private static final long LEAST_ELSEWHERE = 1 << 20;

  /** With a total alone. */
  RunFacts(
      String command,
      TargetProcess target,
      Instant begin,
      Duration window,
      String total,
      Losses losses) {
    this(command, target, begin, window, total, new LinkedHashMap<>(), losses);
  }

  /** By name, in the order to be shown; losses last. */
  SequencedMap<String, String> lines() {
    SequencedMap<String, String> lines = new LinkedHashMap<>();
    lines.put("command", command);
    lines.put("host", host());
    lines.put("process", target.comm() + " (PID " + target.pid() + ")");
    lines.put(
        "window", begin.truncatedTo(ChronoUnit.SECONDS) + ", " + window.toMillis() / 1000.0 + " s");
    lines.put("total", total);
    lines.putAll(findings);
    int number = 0;
    for (String missing : losses.missing()) {
      lines.put("incomplete " + ++number, missing);
    }
    for (String remark : losses.remarks()) {
      lines.put("remark " + ++number, remark);
    }
    return lines;
  }

  /**
   * The change in resident memory beside what was found, in words.
   *
   * @param pages by which the resident set grew in the window
   * @param bytes found not freed, mappings included
   * @param mapped what of them are mappings; empty when these were not followed
   */
  static String resident(long pages, long bytes, OptionalLong mapped) {
    long grown = pages * PAGE_BYTES;
    return "resident memory "
        + (grown < 0 ? "shrank by " : "grew by ")
        + HumanBytes.of(Math.abs(grown))
        + " meanwhile; blocks not freed hold "
        + HumanBytes.of(bytes - mapped.orElse(0))
        + (mapped.isPresent()
            ? ", mappings " + HumanBytes.of(mapped.getAsLong()) + " of address space"
            : "")
        + (isElsewhere(grown, bytes) ? elsewhere(mapped.isPresent()) : "");
  }

  private static String elsewhere(boolean mappingsFollowed) {
    return mappingsFollowed
        ? ": most of the growth is neither (stacks, fragmentation); pgfaultstacks shows its stacks"
        : ": most of the growth is no block of these (mappings, stacks, fragmentation); --mmap adds mappings, pgfaultstacks shows the stacks of all";
  }

  private static boolean isElsewhere(long grown, long bytes) {
    return grown - bytes > Math.max(LEAST_ELSEWHERE, grown / 2);
  }

  private static String host() {
    try {
      return Files.readAllLines(Path.of("/proc/sys/kernel/hostname")).getFirst();
    } catch (IOException e) {
      return "unknown";
    }
  }
}
