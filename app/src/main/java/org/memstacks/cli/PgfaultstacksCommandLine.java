package org.memstacks.cli;

import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.memstacks.fault.FaultOptions;
import org.memstacks.symbol.FrameStyle;

/** Parses the command line of pgfaultstacks. */
final class PgfaultstacksCommandLine {
  /* 48 GiB of pages that come in the window; tables of 100 MB. */
  static final int MOST_DEFAULT_PAGES = 12 << 20;
  static final int LEAST_DEFAULT_PAGES = 1 << 20;
  static final int MAX_PAGES = 1 << 29;

  static final Options OPTIONS =
      CollectorArguments.options()
          .addOption(null, "bytes", false, "")
          .addOption(null, "by-mapping", false, "")
          .addOption(null, "max-pages", true, "");

  private PgfaultstacksCommandLine() {}

  /**
   * @param availablePages memory that the machine has to spare
   * @throws UsageException with a message for the user
   */
  static PgfaultstacksOptions parse(String[] args, long availablePages) throws UsageException {
    if (List.of(args).contains("-t") || List.of(args).contains("--tid")) {
      throw new UsageException(
          "pages belong to a process, not to a thread: name the process with -p PID");
    }
    CommandLine line = CollectorArguments.read(OPTIONS, args);
    Optional<String> name = CollectorArguments.name(line);
    if (line.hasOption("p") && name.isPresent()) {
      throw new UsageException("-p and --name both name the process: one is enough");
    }
    if (!line.hasOption("p") && name.isEmpty()) {
      throw new UsageException("which process? Name it with -p PID or --name NAME");
    }
    int usual = Math.clamp(availablePages, LEAST_DEFAULT_PAGES, MOST_DEFAULT_PAGES);
    return new PgfaultstacksOptions(
        name.isPresent() ? 0 : CollectorArguments.pid(line),
        name,
        line.hasOption("f"),
        line.hasOption("bytes"),
        line.hasOption("by-mapping"),
        Durations.positional(line.getArgList()),
        new FrameStyle(
            line.hasOption("offsets"), line.hasOption("modules"), line.hasOption("lines")),
        line.hasOption("inline"),
        line.hasOption("facts"),
        new FaultOptions(
            CollectorArguments.stackStorage(line),
            CollectorArguments.numberOr(usual, line, "max-pages", "a number of pages", MAX_PAGES),
            line.hasOption("force"),
            line.hasOption("v"),
            CollectorArguments.attach(line.getOptionValue("attach"))),
        line.hasOption("q"),
        line.hasOption("v"));
  }
}
