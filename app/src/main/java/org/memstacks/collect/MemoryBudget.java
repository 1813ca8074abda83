package org.memstacks.collect;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How much memory the collector may take: it is often called where memory runs out, and its tables
 * count against the cgroup it runs in, which in a container is the target's.
 *
 * @param availableBytes what can be taken before something else has to give
 * @param limitedBy where that figure comes from, for messages
 */
public record MemoryBudget(long availableBytes, String limitedBy) {
  /* What the JVM takes at most while it traces and reports. */
  private static final long OWN_BYTES = 100L << 20;

  /**
   * The tighter of /proc/meminfo's MemAvailable and the headroom of the own cgroup and those above
   * it.
   */
  public static MemoryBudget current() throws IOException {
    return current(Path.of("/"));
  }

  /**
   * @param root directory that holds proc and sys
   */
  static MemoryBudget current(Path root) throws IOException {
    MemoryBudget available =
        new MemoryBudget(available(root.resolve("proc/meminfo")), "MemAvailable in /proc/meminfo");
    Optional<OwnControlGroup> group = OwnControlGroup.find(root);
    return group.isPresent() ? available.within(group.get()) : available;
  }

  /**
   * Why the control group's limit is not among what was looked at, for people; empty when it is, or
   * when there is none.
   */
  public static Optional<String> unknownLimit() throws IOException {
    return unknownLimit(Path.of("/"));
  }

  /**
   * @param root directory that holds proc and sys
   */
  static Optional<String> unknownLimit(Path root) throws IOException {
    return OwnControlGroup.find(root)
        .filter(group -> group.isHidden(root))
        .map(group -> group.versionOne() ? "memory" : "unified")
        .map(hierarchy ->
            "the memory limit of memstacks' own control group is not known: its "
                + hierarchy
                + " hierarchy is not mounted here, or that of another cgroup namespace is");
  }

  /**
   * Makes sure that the tables fit, and the JVM beside them.
   *
   * @param kernelBytes of the tables
   * @param options those that make the tables smaller
   * @throws InsufficientMemoryException when they do not
   */
  public static void require(long kernelBytes, String options) throws IOException {
    MemoryBudget budget = current();
    if (kernelBytes + OWN_BYTES > budget.availableBytes()) {
      throw new InsufficientMemoryException(kernelBytes + OWN_BYTES, budget, options);
    }
  }

  private MemoryBudget within(OwnControlGroup group) throws IOException {
    if (group.directory().isEmpty()) {
      return this;
    }
    // Beyond memory.high a group is not killed, but slowed down: all of it, the target as well.
    List<String> limitFiles =
        group.versionOne()
            ? List.of("memory.limit_in_bytes")
            : List.of("memory.max", "memory.high");
    String usageFile = group.versionOne() ? "memory.usage_in_bytes" : "memory.current";
    MemoryBudget tightest = this;
    Path top = group.top().get();
    Path directory = group.directory().get();
    while (directory.startsWith(top)) {
      Optional<MemoryBudget> limit = lowest(directory, limitFiles);
      if (limit.isPresent()) {
        long used = number(text(directory.resolve(usageFile))) - cached(directory);
        long left = limit.get().availableBytes - used;
        if (left < tightest.availableBytes) {
          tightest = new MemoryBudget(Math.max(left, 0), limit.get().limitedBy);
        }
      }
      directory = directory.getParent();
    }
    return group.versionOne() ? tightest.withinHidden(top, usageFile) : tightest;
  }

  /**
   * Limits of groups above, which a cgroup namespace hides: version 1 tells the lowest one, with
   * which not much more can be left than if the groups that are seen took it alone.
   */
  private MemoryBudget withinHidden(Path top, String usageFile) throws IOException {
    Path statistics = top.resolve("memory.stat");
    OptionalLong limit = statistic(statistics, "hierarchical_memory_limit");
    Path usage = top.resolve(usageFile);
    if (limit.isEmpty() || !Files.isReadable(usage)) {
      return this;
    }
    long left = limit.getAsLong() - Math.max(0, number(text(usage)) - cached(top));
    return left < availableBytes
        ? new MemoryBudget(Math.max(left, 0), "hierarchical_memory_limit in " + statistics)
        : this;
  }

  /** The lowest limit that the group has, as if nothing of it were used. */
  private static Optional<MemoryBudget> lowest(Path group, List<String> limitFiles)
      throws IOException {
    Optional<MemoryBudget> lowest = Optional.empty();
    for (String name : limitFiles) {
      Path file = group.resolve(name);
      if (Files.isReadable(file) && !text(file).strip().equals("max")) {
        long limit = number(text(file));
        if (lowest.isEmpty() || limit < lowest.get().availableBytes) {
          lowest = Optional.of(new MemoryBudget(limit, file.toString()));
        }
      }
    }
    return lowest;
  }

  /**
   * What the kernel gives back before it lets a group's limit hurt: pages of files that were not
   * used lately. In a container that reads and writes files they fill the limit.
   */
  private static long cached(Path group) throws IOException {
    Path statistics = group.resolve("memory.stat");
    // Version 1 counts the group alone, and below total_ those in it as well; version 2 always
    // does.
    return statistic(statistics, "total_inactive_file")
        .orElse(statistic(statistics, "inactive_file").orElse(0));
  }

  private static OptionalLong statistic(Path statistics, String name) throws IOException {
    if (Files.isReadable(statistics)) {
      for (String line : text(statistics).split("\n")) {
        if (line.startsWith(name + " ")) {
          return OptionalLong.of(number(line.substring(name.length() + 1)));
        }
      }
    }
    return OptionalLong.empty();
  }

  private static long available(Path meminfo) throws IOException {
    for (String line : text(meminfo).split("\n")) {
      if (line.startsWith("MemAvailable:")) {
        return number(line.substring(13).replace("kB", "")) * 1024;
      }
    }
    return Long.MAX_VALUE;
  }

  private static long number(String text) throws IOException {
    try {
      return Long.parseLong(text.strip());
    } catch (NumberFormatException e) {
      throw new IOException("not a number: '" + text.strip() + "'", e);
    }
  }

  private static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
  }
}
