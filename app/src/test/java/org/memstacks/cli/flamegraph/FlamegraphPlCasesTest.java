package org.memstacks.cli.flamegraph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The frames flamegraph.pl draws, wherever its reference cases lie beside the checkout; skipped
 * where they do not. Where flamegraph.pl is wrong the right answer is stated here.
 */
class FlamegraphPlCasesTest {
  private static final String CASES = "shared/cases/flamegraph";
  private static final Comparator<Picture.Frame> ORDER =
      Comparator.comparingDouble(Picture.Frame::y)
          .thenComparingDouble(Picture.Frame::x)
          .thenComparing(Picture.Frame::title);

  @TestFactory
  Stream<DynamicTest> sameFrames() throws IOException {
    Path folder = casesFolder();
    Assumptions.assumeTrue(folder != null, "no " + CASES + " in any parent directory");
    List<String> manifest = Files.readAllLines(folder.resolve("manifest.tsv"));
    return manifest.stream().skip(1).map(row -> row.split("\t", -1)).map(row -> test(folder, row));
  }

  private static Path casesFolder() {
    for (Path up = Path.of("").toAbsolutePath(); up != null; up = up.getParent()) {
      if (Files.isDirectory(up.resolve(CASES))) {
        return up.resolve(CASES);
      }
    }
    return null;
  }

  private static DynamicTest test(Path folder, String[] row) {
    return DynamicTest.dynamicTest(row[0], () -> compare(folder, row));
  }

  private static void compare(Path folder, String[] row) throws IOException {
    List<String> args = new ArrayList<>();
    args.add("--no-javascript");
    for (String option : row[2].split(" ")) {
      if (!option.isEmpty()) {
        args.add(option);
      }
    }
    byte[] input = Files.readAllBytes(folder.resolve(row[1]));
    Command run = Command.run(input, args.toArray(String[]::new));
    String number = row[0].substring(0, 2);
    if (number.equals("14")) {
      assertThat(run.exit()).isEqualTo(2);
      assertThat(run.err()).contains("nosuch");
      return;
    }
    assertThat(run.exit()).isEqualTo(Integer.parseInt(row[4]));
    if (number.equals("70")) {
      assertThat(run.picture().text()).contains("no frames");
      return;
    }
    assertThat(ignoredLines(run.err())).isEqualTo(ignoredLines(row[5]));
    List<Picture.Frame> expected = corrected(number, read(folder.resolve(row[3])));
    List<Picture.Frame> actual = new ArrayList<>(run.picture().frames());
    expected.sort(ORDER);
    actual.sort(ORDER);
    assertThat(actual.stream().map(Picture.Frame::title).toList())
        .isEqualTo(expected.stream().map(Picture.Frame::title).toList());
    for (int i = 0; i < actual.size(); i++) {
      same(actual.get(i), expected.get(i));
    }
  }

  private static void same(Picture.Frame actual, Picture.Frame expected) {
    String title = expected.title();
    assertThat(actual.y()).as("y of " + title).isEqualTo(expected.y());
    assertThat(actual.x()).as("x of " + title).isCloseTo(expected.x(), within(0.1));
    assertThat(actual.width()).as("width of " + title).isCloseTo(expected.width(), within(0.15));
    assertThat(actual.height()).as("height of " + title).isEqualTo(expected.height());
    assertThat(actual.fill()).as("fill of " + title).isEqualTo(expected.fill());
    assertThat(actual.text()).as("text of " + title).isEqualTo(expected.text());
  }

  private static String ignoredLines(String stderr) {
    int at = stderr.indexOf("Ignored ");
    return at < 0 ? "" : stderr.substring(at, stderr.indexOf(" format", at));
  }

  private static List<Picture.Frame> read(Path table) throws IOException {
    List<Picture.Frame> frames = new ArrayList<>();
    List<String> lines = Files.readAllLines(table);
    for (String line : lines.subList(1, lines.size())) {
      String[] f = line.split("\t", -1);
      frames.add(
          new Picture.Frame(
              Double.parseDouble(f[0]),
              Double.parseDouble(f[1]),
              Double.parseDouble(f[2]),
              Double.parseDouble(f[3]),
              f[4],
              f[5],
              f[6]));
    }
    return frames;
  }

  private static List<Picture.Frame> corrected(String number, List<Picture.Frame> frames) {
    return switch (number) {
      case "00" -> mergedSiblings();
      case "02" -> withoutComment();
      case "24" -> without(frames, "-- (3 ", 0);
      case "54" -> without(frames, "-- (", 16);
      case "68" -> exactCounts(frames);
      default -> frames;
    };
  }

  private static List<Picture.Frame> mergedSiblings() {
    return new ArrayList<>(
        List.of(
            frame(69, 10, 1180, "rgb(255,230,55)", "all (300 samples, 100%)", ""),
            frame(53, 10, 786.7, "rgb(247,199,47)", "foo (200 samples, 66.67%)", "foo"),
            frame(53, 796.7, 393.3, "rgb(236,199,34)", "foo-bar (100 samples, 33.33%)", "foo-bar"),
            frame(37, 403.3, 393.3, "rgb(252,217,51)", "y (100 samples, 33.33%)", "y"),
            frame(37, 796.7, 393.3, "rgb(255,230,55)", "x (100 samples, 33.33%)", "x")));
  }

  private static List<Picture.Frame> withoutComment() {
    return new ArrayList<>(
        List.of(
            frame(53, 10, 1180, "rgb(255,230,55)", "all (20 x, 100%)", ""),
            frame(37, 433.6, 393.3, "rgb(235,140,33)", "a (6 x, 30.77%)", "a"),
            frame(37, 826.9, 363.1, "rgb(255,0,0)", "d 4 (6 x, 30.77%; +5.13%)", "d 4")));
  }

  private static Picture.Frame frame(
      double y, double x, double width, String fill, String title, String text) {
    return new Picture.Frame(y, x, width, 15, fill, title, text);
  }

  private static List<Picture.Frame> without(
      List<Picture.Frame> frames, String titleStart, double higher) {
    List<Picture.Frame> kept = new ArrayList<>();
    for (Picture.Frame f : frames) {
      if (!f.title().startsWith(titleStart)) {
        kept.add(
            new Picture.Frame(
                f.y() - higher, f.x(), f.width(), f.height(), f.fill(), f.title(), f.text()));
      }
    }
    return kept;
  }

  private static List<Picture.Frame> exactCounts(List<Picture.Frame> frames) {
    List<Picture.Frame> exact = new ArrayList<>();
    for (Picture.Frame f : frames) {
      String title = f.title().replace(",951,488 ", ",951,499 ").replace(",546,608 ", ",546,613 ");
      exact.add(new Picture.Frame(f.y(), f.x(), f.width(), f.height(), f.fill(), title, f.text()));
    }
    return exact;
  }
}
