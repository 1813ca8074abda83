package org.memstacks.cli.flamegraph;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.ParseException;
import org.memstacks.flamegraph.FlameGraphOptions;
import org.memstacks.flamegraph.layout.Geometry;
import org.memstacks.flamegraph.layout.MinWidth;
import org.memstacks.flamegraph.paint.FrameAttributes;
import org.memstacks.flamegraph.paint.PictureOptions;
import org.memstacks.flamegraph.paint.PictureOptions.HumanUnits;
import org.memstacks.flamegraph.palette.Background;
import org.memstacks.flamegraph.palette.Coloring;
import org.memstacks.flamegraph.palette.Palette;
import org.memstacks.flamegraph.palette.PaletteMap;
import org.memstacks.flamegraph.read.LineOptions;
import org.memstacks.flamegraph.tree.StackTree;

/** The command line as a value. */
final class CommandLineReader {
  private static final int MAX_PIXELS = 100_000;

  private final CommandLine line;

  private CommandLineReader(CommandLine line) {
    this.line = line;
  }

  static CommandLineReader parse(String[] args) throws UsageException {
    try {
      CommandLineReader reader =
          new CommandLineReader(
              new DefaultParser(false).parse(Flags.options(), Flags.expand(args)));
      if (!reader.help() && !reader.version()) {
        reader.check();
      }
      return reader;
    } catch (ParseException e) {
      throw new UsageException(e.getMessage());
    }
  }

  /** The value of an option, the last one if it was given several times; null if it was not. */
  private String value(String option) {
    String[] values = line.getOptionValues(option);
    return values == null ? null : values[values.length - 1];
  }

  private String value(String option, String otherwise) {
    String value = value(option);
    return value == null ? otherwise : value;
  }

  boolean help() {
    return line.hasOption("help");
  }

  boolean version() {
    return line.hasOption("version");
  }

  List<String> files() {
    return line.getArgList();
  }

  /** The file to write; null for standard output. */
  Path output() {
    String file = value("output");
    return file == null || file.equals("-") ? null : Path.of(file);
  }

  FlameGraphOptions options(PaletteMap paletteMap, FrameAttributes attributes)
      throws UsageException {
    Palette palette = palette();
    String encoding = value("encoding", "UTF-8");
    if (!encoding.equalsIgnoreCase("UTF-8") && !encoding.equalsIgnoreCase("UTF8")) {
      throw new UsageException("--encoding " + encoding + ": pictures are always UTF-8");
    }
    return new FlameGraphOptions(
        lines(palette),
        geometry(),
        minWidth(),
        line.hasOption("normalize"),
        total(),
        maxFrames(),
        palette,
        coloring(),
        paletteMap,
        attributes,
        picture(palette),
        line.hasOption("html"));
  }

  String countName() {
    return value("countname", "samples");
  }

  boolean diff() {
    return line.hasOption("diff");
  }

  boolean folded() {
    return line.hasOption("folded");
  }

  boolean debug() {
    return line.hasOption("debug");
  }

  /** Whether the options fit each other and the number of files. */
  private void check() throws UsageException {
    if (diff() && files().size() != 2) {
      throw new UsageException(
          "--diff compares two files, before and after, but got " + files().size());
    }
    if (!diff() && (folded() || line.hasOption("normalize"))) {
      throw new UsageException("--folded and --normalize belong to --diff");
    }
    if (diff() && line.hasOption("flamechart")) {
      throw new UsageException("--diff and --flamechart do not go together");
    }
    if (line.hasOption("html") && (folded() || line.hasOption("no-javascript"))) {
      throw new UsageException("--html goes neither with --folded nor with --no-javascript");
    }
    if (line.hasOption("truncate-text-left") && line.hasOption("truncate-text-right")) {
      throw new UsageException("give --truncate-text-left or --truncate-text-right, not both");
    }
    if ("".equals(value("output"))) {
      throw new UsageException("-o needs the name of a file");
    }
    if (Collections.frequency(files(), "-") > 1) {
      throw new UsageException("standard input (-) can be read only once");
    }
  }

  boolean keepPalette() {
    return line.hasOption("cp");
  }

  boolean strict() {
    return line.hasOption("strict");
  }

  Path nameAttributes() {
    String file = value("nameattr");
    return file == null ? null : Path.of(file);
  }

  private int maxFrames() {
    boolean asked = line.hasOption("minwidth") || line.hasOption("no-javascript");
    return asked ? Integer.MAX_VALUE : FlameGraphOptions.DEFAULT_MAX_FRAMES;
  }

  private HumanUnits units() throws UsageException {
    String text = value("units", "");
    return switch (text) {
      case "" -> HumanUnits.DETAILS;
      case "auto" -> HumanUnits.TITLES;
      case "none" -> HumanUnits.NOWHERE;
      default -> throw new UsageException("--units " + text + ": give auto or none");
    };
  }

  private LineOptions lines(Palette palette) throws UsageException {
    List<byte[]> bases = new ArrayList<>();
    String[] given = line.getOptionValues("base");
    for (String base : given == null ? new String[0] : given) {
      bases.add(base.getBytes(StandardCharsets.UTF_8));
    }
    return new LineOptions(
        line.hasOption("reverse"),
        line.hasOption("flamechart"),
        palette == Palette.CHAIN,
        diff(),
        bases,
        decimals());
  }

  private int decimals() throws UsageException {
    BigDecimal total = total();
    return total == null
        ? 0
        : Math.clamp(total.stripTrailingZeros().scale(), 0, StackTree.MAX_SCALE);
  }

  private Geometry geometry() throws UsageException {
    return new Geometry(
        pixels("width", 1200, 2 * Geometry.X_PAD + 1),
        pixels("height", 16, 2),
        positive("fontsize", 12),
        positive("fontwidth", 0.59),
        line.hasOption("inverted"),
        !value("subtitle", "").isEmpty());
  }

  private PictureOptions picture(Palette palette) throws UsageException {
    return new PictureOptions(
        title(),
        value("subtitle", ""),
        value("notes", ""),
        value("nametype", "Function:"),
        countName(),
        value("fonttype", "Verdana"),
        factor(),
        background(palette),
        searchColor(),
        line.hasOption("negate"),
        !line.hasOption("width"),
        !line.hasOption("no-javascript"),
        units(),
        line.hasOption("truncate-text-left"));
  }

  private String title() {
    String title = value("title", "");
    if (!title.isEmpty()) {
      return title;
    }
    if (line.hasOption("flamechart")) {
      return "Flame Chart";
    }
    return line.hasOption("inverted") ? "Icicle Graph" : "Flame Graph";
  }

  private Palette palette() throws UsageException {
    String name = value("colors", "hot");
    Palette palette = Palette.byName(name);
    if (palette == null) {
      throw new UsageException("there is no palette " + name);
    }
    return palette;
  }

  private Coloring coloring() {
    if (line.hasOption("hash")) {
      return Coloring.HASH;
    }
    return line.hasOption("random") ? Coloring.RANDOM : Coloring.SEEDED;
  }

  private Background background(Palette palette) throws UsageException {
    String text = value("bgcolors", "");
    if (text.isEmpty()) {
      return Background.of(palette);
    }
    Background background = Background.parse(text);
    if (background == null) {
      throw new UsageException(
          "--bgcolors " + text + ": give yellow, blue, green, grey or #rrggbb");
    }
    return background;
  }

  private String searchColor() throws UsageException {
    String color = value("search-color", "#e600e6");
    if (!Background.isColor(color)) {
      throw new UsageException("--search-color " + color + ": give #rrggbb");
    }
    return color;
  }

  private MinWidth minWidth() throws UsageException {
    String text = value("minwidth");
    if (text == null) {
      return MinWidth.DEFAULT;
    }
    boolean percent = text.endsWith("%");
    String number = percent ? text.substring(0, text.length() - 1) : text;
    return new MinWidth(number("minwidth", text, number), percent);
  }

  private int pixels(String name, int otherwise, int least) throws UsageException {
    String text = value(name);
    if (text == null) {
      return otherwise;
    }
    try {
      int value = Integer.parseInt(text.strip());
      if (value >= least && value <= MAX_PIXELS) {
        return value;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw new UsageException(
        "--"
            + name
            + " "
            + text
            + ": give a whole number of pixels, "
            + least
            + " to "
            + MAX_PIXELS);
  }

  private BigDecimal total() throws UsageException {
    String text = value("total");
    if (text == null) {
      return null;
    }
    try {
      BigDecimal total = new BigDecimal(text.strip());
      if (total.precision() - total.scale() <= 20 && total.scale() < 1000) {
        return total;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw new UsageException("--total " + text + ": give a number");
  }

  private double positive(String name, double otherwise) throws UsageException {
    String text = value(name);
    if (text == null) {
      return otherwise;
    }
    double value = number(name, text, text);
    if (value == 0) {
      throw new UsageException("--" + name + " " + text + ": give a number above 0");
    }
    return value;
  }

  /** The number in what was given for an option. */
  private static double number(String name, String given, String number) throws UsageException {
    try {
      double value = new BigDecimal(number.strip()).doubleValue();
      if (value >= 0 && value <= 1e9) {
        return value;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw new UsageException("--" + name + " " + given + ": give a number from 0");
  }

  private BigDecimal factor() throws UsageException {
    String text = value("factor");
    if (text == null) {
      return null;
    }
    number("factor", text, text);
    return new BigDecimal(text.strip());
  }
}
