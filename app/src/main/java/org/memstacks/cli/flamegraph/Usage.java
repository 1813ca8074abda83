package org.memstacks.cli.flamegraph;

/** The text of {@code --help}. */
final class Usage {
  private static final int COLUMN = 24;

  private Usage() {}

  static String text() {
    StringBuilder out = new StringBuilder();
    out.append("usage: flamegraph [options] [FILE...] > out.svg\n\n");
    out.append(
        "Draws folded stacks (lines of \"frame;frame;frame COUNT\") from the files, which\n");
    out.append("are summed, or from standard input. Options may be abbreviated.\n\n");
    for (Flags.Flag flag : Flags.ALL) {
      String left = "  --" + flag.name() + (flag.value() == null ? "" : " " + flag.value());
      if (flag.name().equals("output")) {
        left = "  -o, --output FILE";
      }
      out.append(left);
      out.append(" ".repeat(Math.max(1, COLUMN - left.length())));
      out.append(flag.description()).append('\n');
    }
    out.append("\nExit status: 0 done (ignored lines are counted on stderr), 1 could not do it,\n");
    out.append("2 wrong usage or nothing to draw, 3 lines were ignored and --strict was given.\n");
    return out.toString();
  }
}
