package org.memstacks.cli.flamegraph;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** The options of the command, in the order of the usage text. */
final class Flags {
  /** One option: its name, the name of its value or null, a description, and whose it is. */
  record Flag(String name, String value, String description, boolean perl) {}

  static final List<Flag> ALL =
      List.of(
          perl("title", "TEXT", "title over the frames (default \"Flame Graph\")"),
          perl("subtitle", "TEXT", "second line of the title"),
          perl("width", "NUM", "width of the picture in pixels (default: 1200, then the window's)"),
          perl("height", "NUM", "height of a row of frames in pixels (default 16)"),
          perl("minwidth", "NUM", "omit frames narrower than NUM pixels, or NUM% (default 0.1)"),
          perl("fonttype", "FONT", "font (default \"Verdana\")"),
          perl("fontsize", "NUM", "font size in pixels (default 12)"),
          perl("fontwidth", "NUM", "average character width / font size (default 0.59)"),
          perl("countname", "TEXT", "what the counts are (default \"samples\")"),
          perl("nametype", "TEXT", "what the names are (default \"Function:\")"),
          perl(
              "colors",
              "PALETTE",
              "hot (default), mem, io, wakeup, chain, java, js, perl, python,"
                  + " rust, red, green, blue, aqua, yellow, purple, orange"),
          perl("bgcolors", "COLOR", "background: yellow, blue, green, grey, or #rrggbb"),
          perl("hash", null, "colours by similarity of names"),
          perl("random", null, "colours at random"),
          perl("cp", null, "keep colours from run to run in ./palette.map"),
          perl("reverse", null, "merge stacks from the leaf"),
          perl("inverted", null, "icicle graph: the root at the top"),
          perl("flamechart", null, "keep the order of the input, merge only neighbours"),
          perl("negate", null, "swap the hues of differences"),
          perl("total", "NUM", "what the full width stands for, if more than the sum"),
          perl("factor", "NUM", "multiply the counts shown (default 1)"),
          perl("nameattr", "FILE", "attributes for frames, FUNCTION<TAB>KEY=VALUE<TAB>..."),
          perl("encoding", "NAME", "UTF-8, the only one"),
          perl("notes", "TEXT", "a comment in the file"),
          own("diff", null, "compare two files, before and after: red grew, blue shrank"),
          own("normalize", null, "with --diff: scale before to the sum of after"),
          own("folded", null, "with --diff: print stacks with both counts instead of drawing"),
          own("base", "FRAME", "cut off what is below FRAME; may be repeated"),
          own("search-color", "COLOR", "frames found by the search, #rrggbb"),
          own("truncate-text-right", null, "keep the end of names that do not fit"),
          own(
              "units",
              "auto|none",
              "KiB, MiB... beside bytes and pages: in titles too, or nowhere"),
          own("strict", null, "exit with 3 if lines were ignored"),
          own("no-javascript", null, "leave the script out"),
          own("html", null, "an HTML page with a table of functions beside the flames"),
          own("output", "FILE", "write to FILE instead of standard output"),
          own("debug", null, "show the program's own stack on errors"),
          perl("help", null, "this text"),
          own("version", null, "print the version"));

  private Flags() {}

  private static Flag perl(String name, String value, String description) {
    return new Flag(name, value, description, true);
  }

  private static Flag own(String name, String value, String description) {
    return new Flag(name, value, description, false);
  }

  static Options options() {
    Options options = new Options();
    for (Flag flag : ALL) {
      String letter = flag.name().equals("output") ? "o" : null;
      options.addOption(new Option(letter, flag.name(), flag.value() != null, flag.description()));
    }
    return options;
  }

  /**
   * Writes abbreviated options out: a prefix that is unique among flamegraph.pl's options, or else
   * among all. Everything behind {@code --} stays.
   */
  static String[] expand(String[] args) throws UsageException {
    String[] out = args.clone();
    for (int i = 0; i < args.length && !args[i].equals("--"); i++) {
      if (args[i].startsWith("--")) {
        int equals = args[i].indexOf('=');
        String name = equals < 0 ? args[i].substring(2) : args[i].substring(2, equals);
        Flag flag = find(name);
        out[i] = "--" + flag.name() + (equals < 0 ? "" : args[i].substring(equals));
        if (flag.value() != null && equals < 0) {
          i++;
        }
      } else if (args[i].equals("-o")) {
        i++;
      }
    }
    return out;
  }

  private static Flag find(String prefix) throws UsageException {
    List<Flag> perl = new ArrayList<>();
    List<Flag> all = new ArrayList<>();
    for (Flag flag : ALL) {
      if (flag.name().equals(prefix)) {
        return flag;
      }
      if (flag.name().startsWith(prefix)) {
        all.add(flag);
        if (flag.perl()) {
          perl.add(flag);
        }
      }
    }
    if (perl.size() == 1) {
      return perl.get(0);
    }
    if (all.size() == 1) {
      return all.get(0);
    }
    if (all.isEmpty()) {
      throw new UsageException("there is no option --" + prefix);
    }
    StringBuilder names = new StringBuilder();
    for (Flag flag : all) {
      names.append(names.isEmpty() ? "--" : ", --").append(flag.name());
    }
    throw new UsageException("--" + prefix + " could be any of " + names);
  }
}
