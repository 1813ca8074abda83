package org.memstacks.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.memstacks.collect.AllocatorQuery;
import org.memstacks.collect.BlockOptions;
import org.memstacks.collect.PoolFunctions;
import org.memstacks.collect.TraceOptions;
import org.memstacks.symbol.FrameStyle;

/** Parses the command line of memstacks. */
final class MemstacksCommandLine {
  static final int DEFAULT_MAX_LIVE = 3_000_000;
  static final int MAX_MAX_LIVE = 100_000_000;
  static final int DEFAULT_MAX_CHILDREN = 8;

  static final Options OPTIONS =
      ViewArguments.addTo(
          CollectorArguments.options()
              .addOption("t", "tid", true, "")
              .addOption("c", "command", false, "")
              .addOption(null, "follow-fork", false, "")
              .addOption(null, "max-children", true, "")
              .addOption("a", "all", false, "")
              .addOption("O", "object", true, "")
              .addOption(null, "prefix", true, "")
              .addOption(null, "pair", true, "")
              .addOption(null, "max-live-blocks", true, "")
              .addOption(null, "check", false, ""));

  private static final Set<String> REPEATABLE = Set.of("pid", "prefix", "pair");
  private static final Pattern PREFIX = Pattern.compile("[A-Za-z_$][A-Za-z0-9_$.]*");

  private MemstacksCommandLine() {}

  /**
   * @throws UsageException with a message for the user
   */
  static MemstacksOptions parse(String[] args) throws UsageException {
    CommandToStart cut = CommandToStart.cut(args);
    CommandLine line = CollectorArguments.read(OPTIONS, REPEATABLE, cut.before());
    boolean hasTid = line.hasOption("t");
    requireOneTarget(line, cut);
    List<Integer> pids = CollectorArguments.pids(line);
    requireOne(line, pids);
    int tid =
        hasTid
            ? CollectorArguments.number(
                line.getOptionValue("t"), "-t", "a thread ID", 1, Integer.MAX_VALUE)
            : 0;
    int maxLive =
        CollectorArguments.numberOr(
            DEFAULT_MAX_LIVE, line, "max-live-blocks", "a number of blocks", MAX_MAX_LIVE);
    BlockOptions blocks = ViewArguments.blocks(line);
    ViewOptions view = ViewArguments.view(line);
    return new MemstacksOptions(
        pids,
        tid,
        CollectorArguments.name(line),
        cut.command(),
        line.hasOption("f"),
        ViewArguments.window(line, blocks, view),
        allocator(line),
        new FrameStyle(
            line.hasOption("offsets"), line.hasOption("modules"), line.hasOption("lines")),
        line.hasOption("inline"),
        line.hasOption("facts"),
        new TraceOptions(
            line.hasOption("a"),
            tid,
            CollectorArguments.stackStorage(line),
            maxLive,
            line.hasOption("force"),
            CollectorArguments.attach(line.getOptionValue("attach")),
            blocks),
        view,
        children(line),
        line.hasOption("check"),
        line.hasOption("q"),
        line.hasOption("v"),
        line.hasOption("debug"));
  }

  private static void requireOneTarget(CommandLine line, CommandToStart cut) throws UsageException {
    if (line.hasOption("c")) {
      throw new UsageException("-c stands alone, and last: memstacks -f -c COMMAND [ARGUMENT]...");
    }
    if (line.hasOption("p") && line.hasOption("t")) {
      throw new UsageException(
          "-p and -t exclude each other: -t names a thread, whose process is found by itself");
    }
    List<String> given =
        Stream.of("p", "t", "name")
            .filter(line::hasOption)
            .map(name -> (name.length() == 1 ? "-" : "--") + name)
            .toList();
    if (cut.isPresent()) {
      cut.requireCommand();
      if (!given.isEmpty() || line.hasOption("check")) {
        throw new UsageException(
            "-c starts the process that is traced: leave %s out, or -c"
                .formatted(given.isEmpty() ? "--check" : given.getFirst()));
      }
    } else if (given.size() > 1) {
      throw new UsageException(
          "%s and %s both name the process: one is enough"
              .formatted(given.getFirst(), given.getLast()));
    } else if (given.isEmpty() && !line.hasOption("check")) {
      throw new UsageException(
          "which process? Name it with -p PID or --name NAME (or one thread with -t TID), or start one with -c COMMAND");
    }
  }

  /** What looks at one process cannot be asked of several. */
  private static void requireOne(CommandLine line, List<Integer> pids) throws UsageException {
    if (line.hasOption("check") && pids.size() > 1) {
      throw new UsageException("--check looks at one process: name one with -p");
    }
    for (String other : List.of("check", "tid")) {
      if (line.hasOption("follow-fork") && line.hasOption(other)) {
        throw new UsageException(
            "--follow-fork does not go with %s, which is about one %s"
                .formatted(
                    other.equals("tid") ? "-t" : "--check",
                    other.equals("tid") ? "thread" : "process"));
      }
    }
  }

  private static int children(CommandLine line) throws UsageException {
    if (line.hasOption("follow-fork")) {
      return CollectorArguments.numberOr(
          DEFAULT_MAX_CHILDREN,
          line,
          "max-children",
          "a number of processes",
          CollectorArguments.MOST_PROCESSES);
    }
    if (line.hasOption("max-children")) {
      throw new UsageException("--max-children needs --follow-fork: else none is traced");
    }
    return 0;
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
        PoolFunctions.requireConsistent(pools);
      } catch (IllegalArgumentException e) {
        throw new UsageException("--pair: " + e.getMessage());
      }
    }
    Optional<String> object = Optional.ofNullable(line.getOptionValue("O"));
    if (object.filter(String::isEmpty).isPresent()) {
      throw new UsageException("-O takes a path, a file name, or c for libc, not ''");
    }
    return new AllocatorQuery(object, prefixes, pools);
  }

  private static List<String> values(CommandLine line, String option) {
    return line.hasOption(option) ? List.of(line.getOptionValues(option)) : List.of();
  }
}
