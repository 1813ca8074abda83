package org.memstacks.cli.flamegraph;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.memstacks.flamegraph.FlameGraph;
import org.memstacks.flamegraph.paint.FrameAttributes;
import org.memstacks.flamegraph.paint.NameAttributesReader;
import org.memstacks.flamegraph.palette.PaletteMap;
import org.memstacks.flamegraph.tree.TreeLimitException;

/** The command {@code flamegraph}: folded stacks in, an interactive SVG out. */
public final class FlamegraphMain {
  static final String VERSION = "0.1.0";

  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int NOTHING_TO_DRAW = 2;
  private static final int INCOMPLETE = 3;
  private static final double LOW_COUNT = 100;
  private static final int MAX_WARNINGS = 10;
  private static final Path PALETTE_MAP = Path.of("palette.map");

  private final CommandLineReader line;
  private final PrintStream err;

  private FlamegraphMain(CommandLineReader line, PrintStream err) {
    this.line = line;
    this.err = err;
  }

  /** Runs the command in a process of its own. */
  public static void main(String[] args) {
    InputStream in = new FileInputStream(FileDescriptor.in);
    OutputStream out = new FileOutputStream(FileDescriptor.out);
    int exit = run(args, in, out, System.err);
    if (exit != OK) {
      System.exit(exit);
    }
  }

  /**
   * Runs the command.
   *
   * @return 0 done, also if lines were ignored; 1 could not do it; 2 usage, or nothing to draw; 3
   *     lines were ignored and --strict was given
   */
  public static int run(String[] args, InputStream in, OutputStream out, PrintStream err) {
    CommandLineReader line;
    try {
      line = CommandLineReader.parse(args);
      if (line.help() || line.version()) {
        String text = line.help() ? Usage.text() : "flamegraph " + VERSION + "\n";
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
        return OK;
      }
    } catch (UsageException e) {
      return usage(e, err);
    } catch (IOException e) {
      return FAILED;
    }
    return new FlamegraphMain(line, err).draw(in, out);
  }

  private static int usage(UsageException e, PrintStream err) {
    err.println("flamegraph: " + e.getMessage() + ".");
    err.println("Run flamegraph --help for the options.");
    return USAGE;
  }

  private int draw(InputStream in, OutputStream out) {
    try (Inputs inputs = Inputs.open(line.files(), in)) {
      PaletteMap palette = line.keepPalette() ? readPalette() : null;
      boolean unread = line.keepPalette() && palette == null;
      FlameGraph graph = new FlameGraph(line.options(palette, attributes()));
      FlameGraph.Summary summary = write(graph, inputs.streams(), out);
      int exit = tell(summary);
      return unread || palette != null && !keep(palette) ? FAILED : exit;
    } catch (UsageException e) {
      return usage(e, err);
    } catch (BrokenPipeException e) {
      return FAILED;
    } catch (IOException | UncheckedIOException e) {
      return failed(e, Messages.of(e));
    } catch (TreeLimitException e) {
      return failed(e, e.getMessage() + "; nothing was drawn");
    } catch (OutOfMemoryError e) {
      String heap = (Runtime.getRuntime().maxMemory() >> 20) + " MiB";
      return failed(e, "the input does not fit into the " + heap + " of memory allowed");
    }
  }

  private int failed(Throwable e, String message) {
    err.println("flamegraph: " + message + ".");
    if (line.debug()) {
      e.printStackTrace(err);
    }
    return FAILED;
  }

  private FlameGraph.Summary write(
      FlameGraph graph, List<InputStream> inputs, OutputStream standardOut)
      throws IOException, BrokenPipeException {
    FlameGraph.Summary[] summary = new FlameGraph.Summary[1];
    Output.Writer writer =
        out ->
            summary[0] =
                line.folded() ? graph.writeFoldedDiff(inputs, out) : graph.render(inputs, out);
    if (line.output() == null) {
      Output.write(standardOut, writer);
    } else {
      Output.write(line.output(), writer);
    }
    return summary[0];
  }

  /** The colours of earlier runs; null if there are some that cannot be read, which is told. */
  private PaletteMap readPalette() {
    PaletteMap map;
    try {
      map = PaletteMap.read(PALETTE_MAP);
    } catch (IOException e) {
      failed(e, "colours are neither taken from palette.map nor kept: " + Messages.of(e));
      return null;
    }
    if (map.ignored() > 0) {
      err.println(
          "Ignored " + map.ignored() + " lines of palette.map that are not NAME->rgb(R,G,B)");
    }
    return map;
  }

  /** Writes the colours for the next run, if there are new ones; false if that was not possible. */
  private boolean keep(PaletteMap palette) throws BrokenPipeException {
    if (!palette.changed()) {
      return true;
    }
    try {
      if (Files.exists(PALETTE_MAP) && !Files.isWritable(PALETTE_MAP)) {
        throw new AccessDeniedException(PALETTE_MAP.toString());
      }
      byte[] colors = palette.toBytes();
      Output.write(PALETTE_MAP, file -> file.write(colors));
      return true;
    } catch (IOException e) {
      failed(e, "the picture is written, but its new colours were not kept: " + Messages.of(e));
      return false;
    }
  }

  private FrameAttributes attributes() throws IOException, UsageException {
    Path file = line.nameAttributes();
    if (file == null) {
      return FrameAttributes.NONE;
    }
    NameAttributesReader.Result result = read(file);
    int told = 0;
    for (String warning : result.warnings()) {
      if (told++ == MAX_WARNINGS) {
        err.println(file + ": " + (result.warnings().size() - MAX_WARNINGS) + " more such");
        break;
      }
      err.println(file + " " + warning);
    }
    return result.attributes();
  }

  private static NameAttributesReader.Result read(Path file) throws IOException {
    try {
      return NameAttributesReader.read(Files.readAllBytes(file));
    } catch (FileSystemException e) {
      throw e;
    } catch (IOException e) {
      throw new FileSystemException(file.toString(), null, e.getMessage());
    }
  }

  private static String shown(FlameGraph.Summary summary) {
    BigDecimal total = BigDecimal.valueOf(summary.total(), summary.scale());
    return total.signum() == 0 ? "0" : total.stripTrailingZeros().toPlainString();
  }

  private int tell(FlameGraph.Summary summary) {
    double total = summary.total() / Math.pow(10, summary.scale());
    if (total < LOW_COUNT && line.countName().equals("samples")) {
      err.println("Stack count is low (" + shown(summary) + "). Did something go wrong?");
    }
    if (summary.ignored() > 0) {
      err.println("Ignored " + summary.ignored() + " lines with invalid format");
    }
    if (summary.withoutBase() > 0) {
      err.println("Left out " + summary.withoutBase() + " stacks without the frame of --base");
    }
    if (summary.totalTooSmall()) {
      err.println(
          "The --total given is less than the actual total " + shown(summary) + ", so ignored");
    }
    if (summary.total() == 0) {
      err.println("ERROR: No stack counts found");
      return NOTHING_TO_DRAW;
    }
    return line.strict() && summary.ignored() > 0 ? INCOMPLETE : OK;
  }
}
