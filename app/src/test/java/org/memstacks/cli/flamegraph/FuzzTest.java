package org.memstacks.cli.flamegraph;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Any bytes give a well-formed picture or a clear error, and frames nest. */
class FuzzTest {
  private static final int RUNS = 60;
  private static final String[] PIECES = {
    ";",
    ";",
    ";",
    " ",
    "\t",
    "\n",
    "\r\n",
    " 1\n",
    " 20\n",
    " 3.25\n",
    " 7 9\n",
    "# ",
    "a",
    "b",
    "main",
    "<script>",
    "]]>",
    "&amp;",
    "\"",
    "'",
    "-->",
    "\u0000",
    "\u0001",
    "\u001b[31m",
    "é",
    "漢字",
    "🔥",
    "\u202E",
    "\uFFFE",
    "_[k]",
    "--",
    "-",
    "9223372036854775807",
    "0",
    ".",
    "1e3"
  };
  private static final String[] OPTIONS = {
    "--hash",
    "--reverse",
    "--inverted",
    "--flamechart",
    "--negate",
    "--minwidth=0",
    "--colors=chain",
    "--colors=java",
    "--random",
    "--no-javascript",
    "--factor=3.7",
    "--total=1000",
    "--units=auto",
    "--countname=bytes",
    "--truncate-text-left",
    "--base=main",
    "--subtitle=<&>"
  };
  private static final Pattern COUNT = Pattern.compile("\\(([\\d,]+) ");

  private static byte[] input(Random random) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int pieces = random.nextInt(400);
    for (int i = 0; i < pieces; i++) {
      if (random.nextInt(6) == 0) {
        out.write(random.nextInt(256));
      } else {
        out.writeBytes(PIECES[random.nextInt(PIECES.length)].getBytes(StandardCharsets.UTF_8));
      }
    }
    return out.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void anyBytesGiveWellFormedPictures(long seed) {
    Random random = new Random(seed);
    for (int run = 0; run < RUNS; run++) {
      List<String> args = new ArrayList<>();
      for (String option : OPTIONS) {
        if (random.nextInt(5) == 0) {
          args.add(option);
        }
      }
      Command result = Command.run(input(random), args.toArray(String[]::new));
      assertThat(result.err()).doesNotContain("Exception");
      if (result.exit() == 1) {
        assertThat(result.err()).contains("2^63");
        assertThat(result.out()).isEmpty();
      } else {
        assertThat(result.exit()).isIn(0, 2);
        assertNested(result.picture().frames());
      }
    }
  }

  /** Every frame lies on one frame of the row before, which is at least as wide. */
  private static void assertNested(List<Picture.Frame> frames) {
    for (Picture.Frame frame : frames) {
      if (frame == frames.get(0)) {
        continue;
      }
      boolean carried =
          frames.stream()
              .filter(f -> Math.abs(Math.abs(f.y() - frame.y()) - 16) < 0.01)
              .anyMatch(f ->
                  f.x() <= frame.x() + 0.001
                      && f.x() + f.width() >= frame.x() + frame.width() - 0.001);
      assertThat(carried).as(frame.toString()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14})
  void rootsHoldTheSumOfTheirStacks(long seed) {
    Random random = new Random(seed);
    StringBuilder stacks = new StringBuilder();
    long total = 0;
    for (int i = 0; i < 500; i++) {
      stacks.append("f").append(random.nextInt(5));
      for (int d = random.nextInt(5); d > 0; d--) {
        stacks.append(";f").append(random.nextInt(5));
      }
      int count = random.nextInt(1_000_000);
      stacks.append(' ').append(count).append('\n');
      total += count;
    }
    List<Picture.Frame> frames = Command.run(stacks.toString(), "--minwidth=0").picture().frames();
    assertThat(count(frames.get(0))).isEqualTo(total);
    frames.sort(Comparator.comparingDouble(Picture.Frame::y).reversed());
    double row = frames.get(1).y();
    long firstRow = frames.stream().filter(f -> f.y() == row).mapToLong(FuzzTest::count).sum();
    assertThat(firstRow).isEqualTo(total);
  }

  private static long count(Picture.Frame frame) {
    Matcher matcher = COUNT.matcher(frame.title());
    assertThat(matcher.find()).as(frame.title()).isTrue();
    return Long.parseLong(matcher.group(1).replace(",", ""));
  }
}
