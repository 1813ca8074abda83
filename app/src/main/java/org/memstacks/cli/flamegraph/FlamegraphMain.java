package org.memstacks.cli.flamegraph;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.memstacks.flamegraph.FlameGraph;
import org.memstacks.flamegraph.paint.FrameAttributes;
import org.memstacks.flamegraph.tree.TreeLimitException;

/** The command {@code flamegraph}: folded stacks in, an interactive SVG out. */
public final class FlamegraphMain {
  private static final String PROGRAM = "flamegraph";
  private static final String VERSION = "0.1.0";
  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int NOTHING_TO_DRAW = 2;
  private static final int LOW_COUNT = 100;

  private FlamegraphMain() {}

  /** Runs the command in a process of its own. */
  public static void main(String[] args) {
    InputStream in = new FileInputStream(FileDescriptor.in);
    OutputStream out = new FileOutputStream(FileDescriptor.out);
    int exit = run(args, in, out, System.err);
    System.exit(exit);
  }

  /**
   * Runs the command.
   *
   * @return 0 done, also if lines were ignored; 1 could not do it; 2 usage, or nothing to draw
   */
  public static int run(String[] args, InputStream in, OutputStream out, PrintStream err) {
    try {
      CommandLineReader line = CommandLineReader.parse(args);
      if (line.help()) {
        out.write(Usage.text().getBytes(java.nio.charset.StandardCharsets.UTF_8));
        out.flush();
        return OK;
      }
      if (line.version()) {
        out.write(
            (PROGRAM + " " + VERSION + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8));
        out.flush();
        return OK;
      }
      return draw(line, in, out, err);
    } catch (UsageException e) {
      err.println(PROGRAM + ": " + e.getMessage() + ".");
      err.println("Run " + PROGRAM + " --help for the options.");
      return USAGE;
    } catch (NoSuchFileException e) {
      err.println(PROGRAM + ": cannot read " + e.getMessage() + ": there is no such file.");
      return FAILED;
    } catch (IOException e) {
      err.println(PROGRAM + ": " + e.getMessage());
      return FAILED;
    } catch (TreeLimitException e) {
      err.println(PROGRAM + ": " + e.getMessage() + "; nothing was drawn.");
      return FAILED;
    }
  }

  private static int draw(CommandLineReader line, InputStream in, OutputStream out, PrintStream err)
      throws IOException, UsageException {
    FlameGraph graph = new FlameGraph(line.options(null, FrameAttributes.NONE));
    List<InputStream> inputs = new ArrayList<>();
    FlameGraph.Summary summary;
    try {
      for (String file : line.files()) {
        inputs.add(file.equals("-") ? in : Files.newInputStream(Path.of(file)));
      }
      if (inputs.isEmpty()) {
        inputs.add(in);
      }
      if (line.output() == null) {
        summary = graph.render(inputs, out);
      } else {
        try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(line.output()))) {
          summary = graph.render(inputs, file);
        }
      }
    } finally {
      for (InputStream input : inputs) {
        input.close();
      }
    }
    double total = summary.total() / Math.pow(10, summary.scale());
    if (total < LOW_COUNT && line.countName().equals("samples")) {
      err.println("Stack count is low (" + total + "). Did something go wrong?");
    }
    if (summary.ignored() > 0) {
      err.println("Ignored " + summary.ignored() + " lines with invalid format");
    }
    if (summary.total() == 0) {
      err.println("ERROR: No stack counts found");
      return NOTHING_TO_DRAW;
    }
    return OK;
  }
}
