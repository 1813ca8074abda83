package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/** What a program knows of its pages, by function, and what pgfaultstacks says of the same time. */
record PageGrowth(Map<String, Truth> truth, Result result) {
  private static final Path HUGE_PAGES = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
  private static final Pattern TOTAL =
      Pattern.compile(
          "; ([0-9,]+) pages \\(.*\\) newly resident, .*; ([0-9,]+) pages \\(.*\\) that were are gone;"
              + " resident set ([-+][0-9,]+) pages by the kernel's count\n");

  /** Traces the program's work, and ends the program then. */
  static PageGrowth of(TracedProgram program, String... options) throws IOException {
    try (program;
        Memstacks collector = attach(program, options)) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      return new PageGrowth(truth, collector.stop());
    }
  }

  /** Traces the program's work and its end. */
  static PageGrowth toTheEndOf(TracedProgram program, String... options) throws IOException {
    try (program;
        Memstacks collector = attach(program, options)) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      program.end();
      return new PageGrowth(truth, collector.result());
    }
  }

  private static Memstacks attach(TracedProgram program, String... options) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("-p", "" + program.pid(), "-f"));
    arguments.addAll(List.of(options));
    return Memstacks.attachPgfaultstacks(arguments.toArray(String[]::new));
  }

  static void assumeHugePages() throws IOException {
    Assumptions.assumeTrue(
        Files.exists(HUGE_PAGES) && !Files.readString(HUGE_PAGES).contains("[never]"),
        "transparent huge pages are off");
  }

  /** By function, as the program knows. */
  Map<String, Long> expected() {
    Map<String, Long> pages = new TreeMap<>();
    truth.forEach((function, known) -> pages.put(function, known.unfreedBlocks()));
    return pages;
  }

  /** Of all stacks that contain the function, by function that the program knows of. */
  Map<String, Long> seen() {
    Map<String, Long> pages = new TreeMap<>();
    truth.keySet().forEach(function -> pages.put(function, result.below(function)));
    return pages;
  }

  /**
   * The growth that the summary names, less the shrinkage, is the change that the kernel counts.
   *
   * @return the growth, in pages
   */
  static long assertBalanced(Result result) {
    Matcher total = TOTAL.matcher(result.errors());
    assertThat(total.find()).as(result.errors()).isTrue();
    long growth = number(total.group(1));
    long kernel = number(total.group(3));
    assertThat(Math.abs(growth - number(total.group(2)) - kernel))
        .as(result.errors())
        .isLessThanOrEqualTo(Math.abs(kernel) / 1000);
    return growth;
  }

  private static long number(String text) {
    return Long.parseLong(text.replace(",", "").replace("+", ""));
  }
}
