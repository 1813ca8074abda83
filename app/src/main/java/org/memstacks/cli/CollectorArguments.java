package org.memstacks.cli;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.MissingArgumentException;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.apache.commons.cli.UnrecognizedOptionException;
import org.memstacks.collect.AttachKind;

/** What the collectors' command lines have in common. */
final class CollectorArguments {
  static final int DEFAULT_STACK_STORAGE = 32_768;
  static final int MAX_STACK_STORAGE = 16 << 20;
  static final int MOST_PROCESSES = 64;

  private CollectorArguments() {}

  /** A fresh set of the options that every collector has. */
  static Options options() {
    return new Options()
        .addOption("h", "help", false, "")
        .addOption("V", "version", false, "")
        .addOption("p", "pid", true, "")
        .addOption(null, "name", true, "")
        .addOption("f", "folded", false, "")
        .addOption("q", "quiet", false, "")
        .addOption("v", "verbose", false, "")
        .addOption(null, "stack-storage-size", true, "")
        .addOption(null, "force", false, "")
        .addOption(null, "attach", true, "")
        .addOption(null, "offsets", false, "")
        .addOption(null, "modules", false, "")
        .addOption(null, "facts", false, "")
        .addOption(null, "inline", false, "")
        .addOption(null, "lines", false, "")
        .addOption(null, "debug", false, "");
  }

  /** Whether the arguments ask for this flag and nothing needs to be checked. */
  static boolean asksFor(String[] args, String shortForm, String longForm) {
    return List.of(args).contains(shortForm) || List.of(args).contains(longForm);
  }

  /** The process that -p names. */
  static int pid(CommandLine line) throws UsageException {
    return pid(line.getOptionValue("p"));
  }

  /**
   * The processes that -p names: it may be given several times, and take several separated by
   * commas.
   */
  static List<Integer> pids(CommandLine line) throws UsageException {
    List<Integer> pids = new ArrayList<>();
    for (String value : line.hasOption("p") ? line.getOptionValues("p") : new String[0]) {
      for (String one : value.split(",", -1)) {
        if (one.isEmpty() && !value.isEmpty()) {
          throw new UsageException(
              "-p takes process IDs separated by commas, as 12,34: one is missing in '%s'"
                  .formatted(value));
        }
        int pid = pid(one);
        if (pids.contains(pid)) {
          throw new UsageException(
              "-p names process %d twice: its stacks would count twice".formatted(pid));
        }
        pids.add(pid);
      }
    }
    if (pids.size() > MOST_PROCESSES) {
      throw new UsageException(
          "-p takes %d processes at most, not %d: each has tables of its own"
              .formatted(MOST_PROCESSES, pids.size()));
    }
    return pids;
  }

  private static int pid(String text) throws UsageException {
    return number(text, "-p", "a process ID", 1, Integer.MAX_VALUE);
  }

  /** The process that --name names. */
  static Optional<String> name(CommandLine line) throws UsageException {
    Optional<String> name = Optional.ofNullable(line.getOptionValue("name"));
    if (name.filter(String::isBlank).isPresent()) {
      throw new UsageException("--name takes the name of a process, not ''");
    }
    return name;
  }

  /** How many stacks to keep. */
  static int stackStorage(CommandLine line) throws UsageException {
    return numberOr(
        DEFAULT_STACK_STORAGE, line, "stack-storage-size", "a number of stacks", MAX_STACK_STORAGE);
  }

  /**
   * Reads the arguments; every option that takes a value may be given once.
   *
   * @throws UsageException with a message for the user
   */
  static CommandLine read(Options options, String[] args) throws UsageException {
    return read(options, Set.of(), args);
  }

  /**
   * As {@link #read(Options, String[])}.
   *
   * @param repeatable long names of options that may be given several times
   */
  static CommandLine read(Options options, Set<String> repeatable, String[] args)
      throws UsageException {
    try {
      CommandLine line =
          DefaultParser.builder()
              // Else -fa, the two flags, would be the begin of --facts.
              .setAllowPartialMatching(false)
              .setStripLeadingAndTrailingQuotes(false)
              .get()
              .parse(options, args);
      refuseRepetition(line, repeatable);
      return line;
    } catch (UnrecognizedOptionException e) {
      throw new UsageException(
          Durations.looksLikeNumber(e.getOption())
              ? Durations.problem(e.getOption())
              : unrecognized(e.getOption(), options));
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
  private static String unrecognized(String argument, Options options) {
    int equals = argument.indexOf('=');
    if (argument.startsWith("--")) {
      return equals > 0 && options.hasLongOption(argument.substring(0, equals))
          ? "option " + argument.substring(0, equals) + " takes no value"
          : "unknown option " + argument + Suggestion.nearest(argument, options);
    }
    int at = 1;
    while (at < argument.length() && options.hasShortOption(argument.substring(at, at + 1))) {
      at++;
    }
    if (at == 1 || at == argument.length()) {
      return "unknown option " + argument + Suggestion.nearest(argument, options);
    }
    return at == equals
        ? "option -" + argument.charAt(at - 1) + " takes no value"
        : "unknown option -" + argument.charAt(at) + " in " + argument;
  }

  /** Of two values one would be ignored. */
  private static void refuseRepetition(CommandLine line, Set<String> repeatable)
      throws UsageException {
    Set<Option> seen = new HashSet<>();
    for (Option option : line.getOptions()) {
      boolean once = option.hasArg() && !repeatable.contains(option.getLongOpt());
      if (once && !seen.add(option)) {
        throw new UsageException(
            "option %s is given twice (%s): one run takes one"
                .formatted(name(option), String.join(", ", line.getOptionValues(option))));
      }
    }
  }

  private static String name(Option option) {
    return option.getOpt() == null ? "--" + option.getLongOpt() : "-" + option.getOpt();
  }

  static Optional<AttachKind> attach(String name) throws UsageException {
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

  static int numberOr(int otherwise, CommandLine line, String option, String what, int most)
      throws UsageException {
    return line.hasOption(option)
        ? number(line.getOptionValue(option), "--" + option, what, 1, most)
        : otherwise;
  }

  static int number(String text, String option, String what, int least, int most)
      throws UsageException {
    try {
      int value = Integer.parseInt(Durations.digits(text));
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
