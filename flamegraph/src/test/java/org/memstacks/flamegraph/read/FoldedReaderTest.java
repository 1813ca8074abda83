package org.memstacks.flamegraph.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.memstacks.flamegraph.tree.Comparison;
import org.memstacks.flamegraph.tree.FrameTree;
import org.memstacks.flamegraph.tree.TreeLimitException;

class FoldedReaderTest {
  private static final long SEED = 42;

  private static FoldedInput read(LineOptions options, String... inputs) throws IOException {
    List<InputStream> streams = new ArrayList<>();
    for (String input : inputs) {
      streams.add(new ByteArrayInputStream(input.getBytes(StandardCharsets.ISO_8859_1)));
    }
    return new FoldedReader(options).read(streams);
  }

  /** Every path with its self value, in drawing order. */
  private static Map<String, Long> paths(FoldedInput input) {
    FrameTree tree = FrameTree.of(input.stacks(), Comparison.LEAF);
    Map<String, Long> paths = new TreeMap<>();
    for (int node = 0; node < tree.size(); node++) {
      StringBuilder path = new StringBuilder();
      for (int at = node; at != 0; at = tree.parent(at)) {
        String name = new String(tree.names().get(tree.name(at)), StandardCharsets.ISO_8859_1);
        path.insert(0, ";" + name);
      }
      if (tree.self(node) != 0) {
        paths.put(path.toString(), tree.self(node));
      }
    }
    return paths;
  }

  @Test
  void mergesEqualStacks() throws IOException {
    FoldedInput input = read(LineOptions.PLAIN, "a;b 1\na 2\na;b 3\n");
    assertThat(paths(input)).isEqualTo(Map.of(";a;b", 4L, ";a", 2L));
    assertThat(input.stacks().total()).isEqualTo(6);
  }

  @Test
  void sumsSeveralInputsEvenWithoutLineEndsBetween() throws IOException {
    assertThat(paths(read(LineOptions.PLAIN, "a 1", "a 2\nb 5")))
        .isEqualTo(Map.of(";a", 3L, ";b", 5L));
  }

  @Test
  void theCountIsWhatFollowsTheLastBlank() throws IOException {
    assertThat(paths(read(LineOptions.PLAIN, "a b;c d 7\nx\ty\t3\ntwo  2\n")))
        .isEqualTo(Map.of(";a b;c d", 7L, ";x\ty", 3L, ";two ", 2L));
  }

  @Test
  void linesWithoutCountAreIgnoredAndCounted() throws IOException {
    FoldedInput input =
        read(LineOptions.PLAIN, "foo\nfoo5\nb -3\nc 1e3\n\na .5\na 1.2.3\na 1 \nx 1");
    assertThat(input.ignored()).isEqualTo(8);
    assertThat(paths(input)).isEqualTo(Map.of(";x", 1L));
  }

  @Test
  void acceptsWindowsLineEnds() throws IOException {
    FoldedInput input = read(LineOptions.PLAIN, "a;b 1\r\na;b 2\r\n");
    assertThat(paths(input)).isEqualTo(Map.of(";a;b", 3L));
    assertThat(input.ignored()).isZero();
  }

  @Test
  void commentsStartWithHashAndBlank() throws IOException {
    FoldedInput input = read(LineOptions.PLAIN, "# pid 4711\n#foo;bar 3\n# 5\n");
    assertThat(input.comments()).containsExactly("pid 4711", "5");
    assertThat(paths(input)).isEqualTo(Map.of(";#foo;bar", 3L));
    assertThat(input.ignored()).isZero();
  }

  @Test
  void dropsTrailingEmptyFramesAndKeepsInnerOnes() throws IOException {
    assertThat(paths(read(LineOptions.PLAIN, "a;;b;; 1\n;c 2\n 4\n;; 8\n")))
        .isEqualTo(Map.of(";a;;b", 1L, ";;c", 2L, "", 12L));
  }

  @Test
  void fractionsAreExact() throws IOException {
    FoldedInput input = read(LineOptions.PLAIN, "a 1\nb 0.1\nb 0.2\nc 2.\nd 0.12345678950000\n");
    assertThat(input.stacks().scale()).isEqualTo(9);
    assertThat(paths(input))
        .isEqualTo(
            Map.of(
                ";a", 1_000_000_000L, ";b", 300_000_000L, ";c", 2_000_000_000L, ";d", 123456790L));
  }

  @Test
  void decimalsBeyondTheNinthRoundHalfToEven() throws IOException {
    FoldedInput input =
        read(LineOptions.PLAIN, "a 0.0000000005\nb 0.0000000015\nc 0.00000000051\n");
    assertThat(paths(input)).isEqualTo(Map.of(";b", 2L, ";c", 1L));
  }

  @Test
  void sumsBeyondTwoToThe63AreAnError() throws IOException {
    assertThat(read(LineOptions.PLAIN, "a 9223372036854775806\nb 1").stacks().total())
        .isEqualTo(Long.MAX_VALUE);
    for (String input :
        List.of(
            "a 9223372036854775807\nb 1",
            "a 9223372036854775808",
            "a 9223372036854775807\nb 0.5")) {
      assertThatThrownBy(() -> read(LineOptions.PLAIN, input))
          .isInstanceOf(TreeLimitException.class)
          .hasMessageContaining("2^63");
    }
  }

  @Test
  void aCountWhoseDecimalsDoNotFitIsCalledThat() {
    assertThatThrownBy(() -> read(LineOptions.PLAIN, "a 20000000000.123456789\n"))
        .isInstanceOf(TreeLimitException.class)
        .hasMessageContaining("units of the smallest decimal");
  }

  @Test
  void twoCountsAreBeforeAndAfter() throws IOException {
    FrameTree tree = FrameTree.of(read(LineOptions.PLAIN, "a;b 10 30\n").stacks(), Comparison.LEAF);
    int b = tree.firstChild(tree.firstChild(0));
    assertThat(tree.value(b)).isEqualTo(30);
    assertThat(tree.leafDeltas().of(b)).isEqualTo(20);
    assertThat(tree.leafDeltas().largest()).isEqualTo(20);
  }

  @Test
  void reverseTurnsStacksRound() throws IOException {
    LineOptions reverse = new LineOptions(true, false, false, false, List.of(), 0);
    assertThat(paths(read(reverse, "a;b;c 1\na;b;d 2\na 4\n")))
        .isEqualTo(Map.of(";c;b;a", 1L, ";d;b;a", 2L, ";a", 4L));
    assertThat(paths(read(reverse, ";;a;;b 1\n;; 2\n"))).isEqualTo(Map.of(";b;;a", 1L, "", 2L));
  }

  @Test
  void baseCutsWhatIsBelowItsInnermostCall() throws IOException {
    List<byte[]> bases = List.of("main".getBytes(StandardCharsets.US_ASCII));
    LineOptions options = new LineOptions(false, false, false, false, bases, 0);
    FoldedInput input = read(options, "x;main;a;main;b 1\nmain;a 2\ny;main 3\nother 4\n");
    assertThat(paths(input)).isEqualTo(Map.of(";main;b", 1L, ";main;a", 2L, ";main", 3L));
    assertThat(input.withoutBase()).isEqualTo(1);
  }

  @Test
  void chainMarksTheWakers() throws IOException {
    LineOptions chain = new LineOptions(false, false, true, false, List.of(), 0);
    assertThat(paths(read(chain, "a;b;--;c;d 1\na;b 2\n")))
        .isEqualTo(Map.of(";a;b;--;c_[w];d_[w]", 1L, ";a;b", 2L));
  }

  @Test
  void inflatesGzip() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write("a;b 7\n".getBytes(StandardCharsets.US_ASCII));
    }
    String text = packed.toString(StandardCharsets.ISO_8859_1);
    assertThat(paths(read(LineOptions.PLAIN, text, "a;b 1"))).isEqualTo(Map.of(";a;b", 8L));
    assertThatThrownBy(() -> read(LineOptions.PLAIN, text.substring(0, text.length() - 9)))
        .isInstanceOf(IOException.class);
  }

  @Test
  void takesLinesLongerThanABlock() throws IOException {
    String name = "n".repeat(3 << 20);
    assertThat(paths(read(LineOptions.PLAIN, "x 1\n" + name + ";y 2\nz 3\n")))
        .isEqualTo(Map.of(";x", 1L, ";" + name + ";y", 2L, ";z", 3L));
  }

  @Test
  void takesStacksTenThousandDeep() throws IOException {
    FoldedInput input = read(LineOptions.PLAIN, "f;".repeat(9_999) + "f 1\n");
    assertThat(input.stacks().size()).isEqualTo(10_001);
  }

  @Test
  void manyBlocksReadByThreadsGiveWhatAMapGives() throws IOException {
    Random random = new Random(SEED);
    StringBuilder text = new StringBuilder();
    Map<String, Long> expected = new TreeMap<>();
    long comments = 0;
    while (text.length() < 9 << 20) {
      StringBuilder stack = new StringBuilder();
      int depth = 1 + random.nextInt(12);
      for (int i = 0; i < depth; i++) {
        stack.append(';').append("function_").append(random.nextInt(1 + 3 * i));
      }
      long count = 1 + random.nextInt(1000);
      expected.merge(stack.toString(), count, Long::sum);
      text.append(stack, 1, stack.length()).append(' ').append(count).append('\n');
      if (random.nextInt(50_000) == 0) {
        text.append("# comment ").append(comments++).append('\n');
      }
    }
    FoldedInput input = read(LineOptions.PLAIN, text.toString());
    assertThat(paths(input)).isEqualTo(expected);
    List<String> inOrder = new ArrayList<>();
    for (long i = 0; i < comments; i++) {
      inOrder.add("comment " + i);
    }
    assertThat(input.comments()).isEqualTo(inOrder);
  }

  @Test
  void threadsAgreeOnDecimalsThatComeLate() throws IOException {
    String whole = "aaaaaaaaaaaaaaaa;bbbbbbbbbbbbbbbbbbbbbbb 1\n".repeat(120_000);
    FoldedInput input = read(LineOptions.PLAIN, whole + "x 0.25\n" + whole);
    assertThat(input.stacks().scale()).isEqualTo(2);
    assertThat(input.stacks().total()).isEqualTo(24_000_025);
  }

  @Test
  void anErrorInAnyThreadIsTold() {
    String fill = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1\n".repeat(200_000);
    assertThatThrownBy(() -> read(LineOptions.PLAIN, fill + "x 99999999999999999999\n"))
        .isInstanceOf(TreeLimitException.class);
  }

  @Test
  void theFirstInputIsWhatTheSecondIsComparedWith() throws IOException {
    LineOptions compare = new LineOptions(false, false, false, true, List.of(), 0);
    FoldedInput input = read(compare, "a;x 30\na;y 10\n", "a;x 10\na;y 30\n");
    FrameTree tree = FrameTree.of(input.stacks(), Comparison.INCLUSIVE);
    int a = tree.firstChild(0);
    assertThat(tree.value(a)).isEqualTo(60);
    assertThat(tree.before(a)).isEqualTo(40);
    assertThat(tree.after(a)).isEqualTo(40);
  }

  @Test
  void factsOfComparedRunsSayWhoseTheyAre() throws IOException {
    LineOptions compare = new LineOptions(false, false, false, true, List.of(), 0);
    FoldedInput input = read(compare, "# PID: 1\n# lost: 2\na 1\n", "# PID: 3\n# done\na 1\n");
    assertThat(input.comments())
        .containsExactly("PID, before: 1", "lost, before: 2", "PID, after: 3", "after: done");
    assertThat(read(LineOptions.PLAIN, "# PID: 1\na 1\n").comments()).containsExactly("PID: 1");
  }

  @Test
  void normalizingScalesBeforeToTheSumOfAfter() throws IOException {
    LineOptions compare = new LineOptions(false, false, false, true, List.of(), 0);
    FoldedInput input = read(compare, "a 1\nb 2\n", "a 10\n");
    input.stacks().normalizeBefore();
    FrameTree tree = FrameTree.of(input.stacks(), Comparison.INCLUSIVE);
    assertThat(tree.scale()).isEqualTo(9);
    assertThat(tree.before(tree.firstChild(0))).isEqualTo(3_333_333_333L);
    FoldedInput nothing = read(compare, "", "a 10\n");
    assertThatThrownBy(() -> nothing.stacks().normalizeBefore())
        .isInstanceOf(TreeLimitException.class);
  }
}
