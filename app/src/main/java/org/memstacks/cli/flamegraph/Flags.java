package org.memstacks.cli.flamegraph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
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
          perl(
              "minwidth",
              "NUM",
              "omit frames narrower than NUM pixels, or NUM% of what is shown (default 0.1)"),
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
          own("base", "FRAME", "only stacks with FRAME, from there on; may be repeated"),
          own("search-color", "COLOR", "frames found by the search, #rrggbb"),
          own("truncate-text-right", null, "cut names that do not fit at their end (default)"),
          own("truncate-text-left", null, "cut names that do not fit at their start"),
          own(
              "units",
              "auto|none",
              "KiB, MiB... beside bytes and pages: in titles too, or nowhere"),
          own("strict", null, "exit with 3 if lines were ignored"),
          own("no-javascript", null, "leave the script out"),
          own("html", null, "an HTML page with a table of functions beside the flames"),
          own(
              "output",
              "FILE",
              "write to FILE, as a whole or not at all, instead of standard output"),
          own("debug", null, "show the program's own stack on errors"),
          perl("help", null, "this text"),
          own("version", null, "print the version"));

  private static final String OUTPUT_LETTER = "-o";

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
   * Writes options out as {@code --name} or {@code --name=value}, as flamegraph.pl understands
   * them: with one dash or two, in capitals or not, abbreviated to a prefix that is unique among
   * its own options, or else among all; a value may begin with a dash. Everything behind {@code --}
   * stays.
   */
  static String[] expand(String[] args) throws UsageException {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < args.length; i++) {
      String arg = args[i];
      if (arg.equals("--")) {
        out.addAll(Arrays.asList(args).subList(i, args.length));
        break;
      }
      if (arg.length() < 2 || arg.charAt(0) != '-') {
        out.add(arg);
        continue;
      }
      boolean letter = arg.startsWith(OUTPUT_LETTER);
      int equals = letter ? -1 : arg.indexOf('=');
      String name = arg.substring(arg.startsWith("--") ? 2 : 1, equals < 0 ? arg.length() : equals);
      Flag flag = find(letter ? "output" : name);
      String value = equals < 0 ? null : arg.substring(equals + 1);
      if (letter && arg.length() > OUTPUT_LETTER.length()) {
        value = arg.substring(OUTPUT_LETTER.length());
      } else if (flag.value() != null && value == null) {
        if (++i == args.length) {
          throw new UsageException("--" + flag.name() + " needs a value, " + flag.value());
        }
        value = args[i];
      } else if (flag.value() == null && value != null) {
        throw new UsageException("--" + flag.name() + " takes no value");
      }
      out.add("--" + flag.name() + (value == null ? "" : "=" + value));
    }
    return out.toArray(String[]::new);
  }

  private static Flag find(String given) throws UsageException {
    String prefix = given.toLowerCase(Locale.ROOT);
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
      throw new UsageException("there is no option --" + given);
    }
    StringBuilder names = new StringBuilder();
    for (Flag flag : all) {
      names.append(names.isEmpty() ? "--" : ", --").append(flag.name());
    }
    throw new UsageException("--" + given + " could be any of " + names);
  }
}
