package org.memstacks.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.memstacks.collect.BlockOptions;
import org.memstacks.collect.BlockOptions.Histogram;
import org.memstacks.collect.BlockOptions.View;
import org.memstacks.report.TrendOrder;

/** The part of memstacks's command line that says which blocks count and what is told of them. */
final class ViewArguments {
  private static final int MAX_SECONDS = 365 * 24 * 3600;
  private static final int MAX_TOP = 100_000;
  private static final int MAX_INTERVALS = 1_000_000;

  /* What needs to know of frees, which -a does not look at. */
  private static final List<String> OF_UNFREED =
      List.of(
          "older",
          "drain",
          "interval",
          "intervals",
          "top",
          "sort",
          "ages",
          "sizes",
          "peak",
          "temporary",
          "peek",
          "mmap");
  /* What tells of the blocks that are live at the end. */
  private static final List<String> OF_THE_END =
      List.of("older", "drain", "interval", "ages", "peek");

  private ViewArguments() {}

  static Options addTo(Options options) {
    return options
        .addOption(null, "older", true, "")
        .addOption(null, "drain", true, "")
        .addOption(null, "interval", true, "")
        .addOption(null, "intervals", true, "")
        .addOption(null, "top", true, "")
        .addOption(null, "sort", true, "")
        .addOption(null, "report", true, "")
        .addOption(null, "min-size", true, "")
        .addOption(null, "max-size", true, "")
        .addOption(null, "mmap", false, "")
        .addOption(null, "blocks", false, "")
        .addOption(null, "ages", false, "")
        .addOption(null, "sizes", false, "")
        .addOption(null, "peak", false, "")
        .addOption(null, "temporary", false, "")
        .addOption(null, "peek", false, "");
  }

  /**
   * Which blocks count.
   *
   * @throws UsageException with a message for the user
   */
  static BlockOptions blocks(CommandLine line) throws UsageException {
    refuse(line, "a", "-a", "which counts allocations, freed or not", OF_UNFREED);
    refuse(line, "peak", "--peak", "which tells of another moment", OF_THE_END);
    refuse(line, "temporary", "--temporary", "which tells of freed blocks", OF_THE_END);
    refuse(
        line, "temporary", "--temporary", "which tells of freed blocks", List.of("sizes", "mmap"));
    exclusive(line, "ages", "sizes");
    exclusive(line, "peak", "temporary");
    long least = size(line, "min-size", BlockOptions.ALL.minSize());
    long most = size(line, "max-size", BlockOptions.ALL.maxSize());
    if (Long.compareUnsigned(least, most) > 0) {
      throw new UsageException(
          "--min-size %d is more than --max-size %d: no block would count".formatted(least, most));
    }
    return new BlockOptions(
        least,
        most,
        Duration.ofMillis(
            line.hasOption("older")
                ? number(line, "older", "an age in milliseconds", Integer.MAX_VALUE)
                : 0),
        line.hasOption("peak")
            ? View.PEAK
            : line.hasOption("temporary") ? View.TEMPORARY : View.UNFREED,
        line.hasOption("ages")
            ? Histogram.AGES
            : line.hasOption("sizes") ? Histogram.SIZES : Histogram.NONE,
        line.hasOption("mmap"));
  }

  static ViewOptions view(CommandLine line) throws UsageException {
    return new ViewOptions(
        line.hasOption("blocks"),
        seconds(line, "drain"),
        seconds(line, "interval"),
        CollectorArguments.numberOr(
            ViewOptions.DEFAULT_TOP, line, "top", "a number of stacks", MAX_TOP),
        order(line.getOptionValue("sort")),
        report(line.getOptionValue("report")),
        line.hasOption("peek"));
  }

  /**
   * The window's length: as given, or a number of intervals.
   *
   * @throws UsageException also when no block could become as old as {@code --older} asks
   */
  static Optional<Duration> window(CommandLine line, BlockOptions blocks, ViewOptions view)
      throws UsageException {
    Optional<Duration> window = Durations.positional(line.getArgList());
    if (line.hasOption("intervals")) {
      if (view.interval().isEmpty()) {
        throw new UsageException("--intervals needs --interval SECONDS: how long is one?");
      }
      if (window.isPresent()) {
        throw new UsageException(
            "--intervals and a duration exclude each other: both say when the window ends");
      }
      long count = number(line, "intervals", "a number of intervals", MAX_INTERVALS);
      window = view.interval().map(interval -> interval.multipliedBy(count));
    }
    if (window.isPresent()) {
      fits(window.get(), blocks, view);
    }
    return window;
  }

  private static void fits(Duration window, BlockOptions blocks, ViewOptions view)
      throws UsageException {
    Duration most = window.plus(view.drain().orElse(Duration.ZERO));
    if (blocks.older().compareTo(most) >= 0) {
      throw new UsageException(
          "the window of %d s is shorter than --older %d ms: no block allocated in it can be that old; trace longer"
              .formatted(most.toSeconds(), blocks.older().toMillis()));
    }
    if (view.interval().isPresent() && view.interval().get().compareTo(window) > 0) {
      throw new UsageException(
          "the window of %d s is shorter than --interval %d: no table would be shown"
              .formatted(window.toSeconds(), view.interval().get().toSeconds()));
    }
  }

  private static void refuse(
      CommandLine line, String option, String name, String what, List<String> others)
      throws UsageException {
    for (String other : others) {
      if (line.hasOption(option) && line.hasOption(other)) {
        throw new UsageException("--%s does not go with %s, %s".formatted(other, name, what));
      }
    }
  }

  private static void exclusive(CommandLine line, String one, String other) throws UsageException {
    if (line.hasOption(one) && line.hasOption(other)) {
      throw new UsageException("--%s and --%s exclude each other".formatted(one, other));
    }
  }

  private static int number(CommandLine line, String option, String what, int most)
      throws UsageException {
    return CollectorArguments.number(line.getOptionValue(option), "--" + option, what, 1, most);
  }

  private static Optional<Duration> seconds(CommandLine line, String option) throws UsageException {
    return line.hasOption(option)
        ? Optional.of(Duration.ofSeconds(number(line, option, "a number of seconds", MAX_SECONDS)))
        : Optional.empty();
  }

  private static long size(CommandLine line, String option, long otherwise) throws UsageException {
    String text = line.getOptionValue(option);
    if (text == null) {
      return otherwise;
    }
    try {
      long value = Long.parseLong(Durations.digits(text));
      if (value >= 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new UsageException("--%s takes a number of bytes, not '%s'".formatted(option, text));
  }

  private static TrendOrder order(String name) throws UsageException {
    if (name == null) {
      return ViewOptions.DEFAULT.order();
    }
    for (TrendOrder order : TrendOrder.values()) {
      if (order.name().equals(name.toUpperCase(Locale.ROOT))) {
        return order;
      }
    }
    throw new UsageException("--sort takes bytes, count, growth or age, not '" + name + "'");
  }

  private static Optional<Path> report(String file) throws UsageException {
    try {
      return Optional.ofNullable(file).map(Path::of);
    } catch (InvalidPathException e) {
      throw new UsageException("--report takes a file, not '" + file + "'");
    }
  }
}
