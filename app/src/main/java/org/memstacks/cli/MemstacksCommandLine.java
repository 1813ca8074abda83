package org.memstacks.cli;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.MissingArgumentException;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.apache.commons.cli.UnrecognizedOptionException;
import org.memstacks.collect.AllocatorQuery;
import org.memstacks.collect.AttachKind;
import org.memstacks.collect.PoolFunctions;
import org.memstacks.collect.TraceOptions;
import org.memstacks.symbol.FrameStyle;

/** Parses the command line of memstacks. */
final class MemstacksCommandLine {
  static final int DEFAULT_STACK_STORAGE = 65_536;
  static final int MAX_STACK_STORAGE = 16 << 20;
  static final int DEFAULT_MAX_LIVE = 1_000_000;
  static final int MAX_MAX_LIVE = 100_000_000;

  static final Options OPTIONS =
      new Options()
          .addOption("h", "help", false, "")
          .addOption("V", "version", false, "")
          .addOption("p", "pid", true, "")
          .addOption("t", "tid", true, "")
          .addOption("f", "folded", false, "")
          .addOption("a", "all", false, "")
          .addOption("O", "object", true, "")
          .addOption(null, "prefix", true, "")
          .addOption(null, "pair", true, "")
          .addOption("q", "quiet", false, "")
          .addOption("v", "verbose", false, "")
          .addOption(null, "stack-storage-size", true, "")
          .addOption(null, "max-live-blocks", true, "")
          .addOption(null, "force", false, "")
          .addOption(null, "attach", true, "")
          .addOption(null, "offsets", false, "")
          .addOption(null, "modules", false, "")
          .addOption(null, "facts", false, "")
          .addOption(null, "inline", false, "")
          .addOption(null, "lines", false, "")
          .addOption(null, "check", false, "")
          .addOption(null, "debug", false, "");

  private static final Set<String> REPEATABLE = Set.of("prefix", "pair");
  private static final Pattern PREFIX = Pattern.compile("[A-Za-z_$][A-Za-z0-9_$.]*");

  private MemstacksCommandLine() {}

  /** Whether the arguments ask for this flag and nothing needs to be checked. */
  static boolean asksFor(String[] args, String shortForm, String longForm) {
    return List.of(args).contains(shortForm) || List.of(args).contains(longForm);
  }

  /**
   * @throws UsageException with a message for the user
   */
  static MemstacksOptions parse(String[] args) throws UsageException {
    CommandLine line = commandLine(args);
    refuseRepetition(line);
    boolean hasPid = line.hasOption("p");
    boolean hasTid = line.hasOption("t");
    if (hasPid && hasTid) {
      throw new UsageException(
          "-p and -t exclude each other: -t names a thread, whose process is found by itself");
    }
    if (!hasPid && !hasTid && !line.hasOption("check")) {
      throw new UsageException(
          "which process? Name it with -p PID (or one thread with -t TID); ps or pgrep NAME show PIDs");
    }
    int pid =
        hasPid ? number(line.getOptionValue("p"), "-p", "a process ID", 1, Integer.MAX_VALUE) : 0;
    int tid =
        hasTid ? number(line.getOptionValue("t"), "-t", "a thread ID", 1, Integer.MAX_VALUE) : 0;
    int storage =
        numberOr(
            DEFAULT_STACK_STORAGE,
            line,
            "stack-storage-size",
            "a number of stacks",
            MAX_STACK_STORAGE);
    int maxLive =
        numberOr(DEFAULT_MAX_LIVE, line, "max-live-blocks", "a number of blocks", MAX_MAX_LIVE);
    return new MemstacksOptions(
        pid,
        tid,
        line.hasOption("f"),
        Durations.positional(line.getArgList()),
        allocator(line),
        new FrameStyle(
            line.hasOption("offsets"), line.hasOption("modules"), line.hasOption("lines")),
        line.hasOption("inline"),
        line.hasOption("facts"),
        new TraceOptions(
            line.hasOption("a"),
            tid,
            storage,
            maxLive,
            line.hasOption("force"),
            attach(line.getOptionValue("attach"))),
        line.hasOption("check"),
        line.hasOption("q"),
        line.hasOption("v"),
        line.hasOption("debug"));
  }

  private static CommandLine commandLine(String[] args) throws UsageException {
    try {
      return DefaultParser.builder()
          // Else -fa, the two flags, would be the begin of --facts.
          .setAllowPartialMatching(false)
          .setStripLeadingAndTrailingQuotes(false)
          .get()
          .parse(OPTIONS, args);
    } catch (UnrecognizedOptionException e) {
      throw new UsageException(
          Durations.looksLikeNumber(e.getOption())
              ? Durations.problem(e.getOption())
              : unrecognized(e.getOption()));
    } catch (MissingArgumentException e) {
      throw new UsageException("option " + name(e.getOption()) + " needs a value");
    } catch (ParseException e) {
      throw new UsageException(e.getMessage());
    }
  }

  /**
   * Says which part of the argument is wrong: {@code -z} in {@code -afz}, the value in {@code
   * -f=3}.
   */
  private static String unrecognized(String argument) {
    int equals = argument.indexOf('=');
    if (argument.startsWith("--")) {
      return equals > 0 && OPTIONS.hasLongOption(argument.substring(0, equals))
          ? "option " + argument.substring(0, equals) + " takes no value"
          : "unknown option " + argument + Suggestion.nearest(argument, OPTIONS);
    }
    int at = 1;
    while (at < argument.length() && OPTIONS.hasShortOption(argument.substring(at, at + 1))) {
      at++;
    }
    if (at == 1 || at == argument.length()) {
      return "unknown option " + argument + Suggestion.nearest(argument, OPTIONS);
    }
    return at == equals
        ? "option -" + argument.charAt(at - 1) + " takes no value"
        : "unknown option -" + argument.charAt(at) + " in " + argument;
  }

  /** Of two values one would be ignored. */
  private static void refuseRepetition(CommandLine line) throws UsageException {
    Set<Option> seen = new HashSet<>();
    for (Option option : line.getOptions()) {
      boolean single = option.hasArg() && !REPEATABLE.contains(option.getLongOpt());
      if (single && !seen.add(option)) {
        throw new UsageException(
            "option %s is given twice (%s): one run takes one"
                .formatted(name(option), String.join(", ", line.getOptionValues(option))));
      }
    }
  }

  private static String name(Option option) {
    return option.getOpt() == null ? "--" + option.getLongOpt() : "-" + option.getOpt();
  }

  private static AllocatorQuery allocator(CommandLine line) throws UsageException {
    List<String> prefixes = values(line, "prefix");
    for (String prefix : prefixes) {
      if (!PREFIX.matcher(prefix).matches()) {
        throw new UsageException(
            "--prefix takes the begin of function names, as je_ of je_malloc, not '%s'"
                .formatted(prefix));
      }
    }
    List<PoolFunctions> pools = new ArrayList<>();
    for (String pair : values(line, "pair")) {
      try {
        pools.add(PoolFunctions.parse(pair));
      } catch (IllegalArgumentException e) {
        throw new UsageException("--pair: " + e.getMessage());
      }
    }
    return new AllocatorQuery(Optional.ofNullable(line.getOptionValue("O")), prefixes, pools);
  }

  private static List<String> values(CommandLine line, String option) {
    return line.hasOption(option) ? List.of(line.getOptionValues(option)) : List.of();
  }

  private static Optional<AttachKind> attach(String name) throws UsageException {
    if (name == null) {
      return Optional.empty();
    }
    for (AttachKind kind : AttachKind.values()) {
      if (kind.name().equals(name.toUpperCase(Locale.ROOT))) {
        return Optional.of(kind);
      }
    }
    throw new UsageException("--attach takes session, multi or perf, not '" + name + "'");
  }

  private static int numberOr(int otherwise, CommandLine line, String option, String what, int most)
      throws UsageException {
    return line.hasOption(option)
        ? number(line.getOptionValue(option), "--" + option, what, 1, most)
        : otherwise;
  }

  private static int number(String text, String option, String what, int least, int most)
      throws UsageException {
    try {
      int value = Integer.parseInt(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new UsageException(
        "%s takes %s from %d to %d, not '%s'".formatted(option, what, least, most, text));
  }
}
