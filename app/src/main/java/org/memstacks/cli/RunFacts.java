package org.memstacks.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import org.memstacks.report.HumanBytes;
import org.memstacks.target.TargetProcess;

/**
 * What a run was, for those who read its output later.
 *
 * @param command as it was typed
 * @param begin of the window
 * @param parts each of one process
 * @param missing what else is, of none of them
 */
record RunFacts(
    String command, Instant begin, Duration window, List<Part> parts, List<String> missing) {
  private static final long PAGE_BYTES = 4096;
  /* Less growth than this beside the blocks is what allocators keep in hand. */
  private static final long LEAST_ELSEWHERE = 1 << 20;

  /**
   * What was found of one process.
   *
   * @param root what its stacks begin with, told where there are others; else empty
   * @param total in words
   * @param findings what else was found, by name
   */
  record Part(
      String root,
      TargetProcess target,
      String total,
      SequencedMap<String, String> findings,
      Losses losses) {
    private String name(String of) {
      return root.isEmpty() ? of : of + " " + root;
    }

    private String told(String text) {
      return root.isEmpty() ? text : root + ": " + text;
    }
  }

  /** Of one process, with a total alone. */
  RunFacts(
      String command,
      TargetProcess target,
      Instant begin,
      Duration window,
      String total,
      Losses losses) {
    this(
        command,
        begin,
        window,
        List.of(new Part("", target, total, new LinkedHashMap<>(), losses)),
        List.of());
  }

  /** By name, in the order to be shown; losses last. */
  SequencedMap<String, String> lines() {
    SequencedMap<String, String> lines = new LinkedHashMap<>();
    lines.put("command", command);
    lines.put("host", host());
    lines.put(
        "process",
        parts.stream()
            .map(part -> part.target.comm() + " (PID " + part.target.pid() + ")")
            .collect(Collectors.joining(", ")));
    lines.put(
        "window", begin.truncatedTo(ChronoUnit.SECONDS) + ", " + window.toMillis() / 1000.0 + " s");
    List<String> incomplete = new ArrayList<>(missing);
    List<String> remarks = new ArrayList<>();
    for (Part part : parts) {
      lines.put(part.name("total"), part.total);
      part.findings.forEach((name, finding) -> lines.put(part.name(name), finding));
      part.losses.missing().forEach(what -> incomplete.add(part.told(what)));
      part.losses.remarks().forEach(what -> remarks.add(part.told(what)));
    }
    int number = 0;
    for (String what : incomplete) {
      lines.put("incomplete " + ++number, what);
    }
    for (String what : remarks) {
      lines.put("remark " + ++number, what);
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
