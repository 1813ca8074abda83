package org.memstacks.cli.flamegraph;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlamegraphMainTest {
  private static final String STACKS = "a;b 300\na;c 700\n";

  @TempDir private Path folder;

  private String file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content).toString();
  }

  private static List<String> titles(Command run) {
    return run.picture().frames().stream().map(Picture.Frame::title).toList();
  }

  @Test
  void drawsStandardInput() {
    Command run = Command.run(STACKS);
    assertThat(run.exit()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(titles(run))
        .containsExactly(
            "all (1,000 samples, 100%)",
            "a (1,000 samples, 100.00%)", "b (300 samples, 30.00%)", "c (700 samples, 70.00%)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--colors=mem",
        "--colors mem",
        "--color=mem",
        "--color mem",
        "--col=mem",
        "-colors mem",
        "-color=mem",
        "-col mem",
        "--Colors=mem",
        "-COL mem",
        "--colors=mem --countname=samples --hash --hash"
      })
  void optionsMayBeAbbreviatedAndTakeTheirValueEitherWay(String args) {
    Command run = Command.run(STACKS, args.split(" "));
    assertThat(run.err()).isEmpty();
    assertThat(run.exit()).isZero();
    assertThat(run.picture().frames().get(1).fill()).startsWith("rgb(0,");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--nosuch",
        "--h",
        "--co=x",
        "--width=abc",
        "--width=0",
        "--height=1",
        "--minwidth=x",
        "--minwidth=-1",
        "--minwidth=1e99",
        "--fontsize=0",
        "--fontwidth=nan",
        "--factor=x",
        "--total=x",
        "--encoding=latin1",
        "--bgcolors=#\">",
        "--bgcolors=red",
        "--colors=nosuch",
        "--search-color=red",
        "--truncate-text-left --truncate-text-right",
        "--output=",
        "--units=miles",
        "--diff",
        "--folded",
        "--normalize",
        "--title",
        "--reverse=1"
      })
  void wrongUsageIsToldInAFewLinesAndExitsWith2(String args) {
    Command run = Command.run(STACKS, args.split(" "));
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines().count()).isBetween(1L, 3L);
    assertThat(run.err()).startsWith("flamegraph: ").doesNotContain("Exception");
  }

  @Test
  void ofAnOptionGivenTwiceTheLastValueCounts() {
    Command run = Command.run(STACKS, "--title=one", "--colors=hot", "--title=two", "--col=mem");
    assertThat(run.text()).contains(">two<").doesNotContain(">one<");
    assertThat(run.picture().frames().get(1).fill()).startsWith("rgb(0,");
  }

  @Test
  void aValueMayBeginWithADashOrStandInQuotes() {
    assertThat(Command.run(STACKS, "--title", "--width=3").text()).contains(">--width=3<");
    assertThat(Command.run(STACKS, "--title", "\"x\"").text()).contains(">&quot;x&quot;<");
  }

  @Test
  void aDashAsOutputIsStandardOutput() {
    assertThat(titles(Command.run(STACKS, "-o", "-"))).hasSize(4);
  }

  @Test
  void helpAndVersionGoToStandardOutput() {
    assertThat(Command.run("", "--help").text()).contains("--minwidth", "--diff", "Exit status");
    assertThat(Command.run("", "--version").text()).matches("flamegraph \\d+\\.\\d+\\.\\d+\n");
  }

  @Test
  void severalFilesAreSummedAndGzipIsInflated() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write("a;b 100".getBytes(StandardCharsets.US_ASCII));
    }
    Path zipped = Files.write(folder.resolve("x.gz"), packed.toByteArray());
    Command run = Command.run("a;b 10", file("one", "a;b 1"), zipped.toString(), "-");
    assertThat(titles(run)).contains("b (111 samples, 100.00%)");
  }

  @Test
  void aMissingFileIsToldAndNothingIsWritten() {
    Command run = Command.run("", folder.resolve("nowhere").toString());
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("there is no file").contains("nowhere");
  }

  @Test
  void aFolderIsNoInput() {
    Command run = Command.run("", folder.toString());
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("is a folder");
  }

  @Test
  void ignoredLinesWarnAndStrictMakesThemFail() {
    assertThat(Command.run(STACKS + "junk\n").exit()).isZero();
    assertThat(Command.run(STACKS + "junk\n").err())
        .isEqualTo("Ignored 1 lines with invalid format\n");
    Command strict = Command.run(STACKS + "junk\n", "--strict");
    assertThat(strict.exit()).isEqualTo(3);
    assertThat(titles(strict)).hasSize(4);
    assertThat(Command.run(STACKS, "--strict").exit()).isZero();
  }

  @Test
  void noCountsAtAllIs2AndThePictureSaysSo() {
    for (String input : new String[] {"", "junk\n", "a 0\n", "# only a comment\n"}) {
      Command run = Command.run(input);
      assertThat(run.exit()).isEqualTo(2);
      assertThat(run.picture().text()).contains("no frames");
      assertThat(run.err()).contains("ERROR: No stack counts found");
    }
  }

  @Test
  void tooLargeSumsAreAnErrorAndNothingIsDrawn() {
    Command run = Command.run("a 9223372036854775807\nb 1\n");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("2^63").contains("nothing was drawn");
  }

  @Test
  void anOutputFileIsReplacedAsAWholeOrNotAtAll() throws IOException {
    Path out = folder.resolve("out.svg");
    Command run = Command.run(STACKS, "-o", out.toString());
    assertThat(run.exit()).isZero();
    assertThat(run.out()).isEmpty();
    byte[] first = Files.readAllBytes(out);
    assertThat(Picture.parse(first).frames()).hasSize(4);
    Files.setPosixFilePermissions(out, PosixFilePermissions.fromString("rw-r-----"));
    assertThat(Command.run("a 9223372036854775807\nb 1\n", "-o" + out).exit()).isEqualTo(1);
    assertThat(Files.readAllBytes(out)).isEqualTo(first);
    assertThat(Command.run("x 1000", "--output=" + out).exit()).isZero();
    assertThat(Picture.parse(Files.readAllBytes(out)).frames()).hasSize(2);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(out)))
        .isEqualTo("rw-r-----");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(out);
    }
    Command folderItself = Command.run(STACKS, "-o", folder.toString());
    assertThat(folderItself.exit()).isEqualTo(1);
    assertThat(folderItself.err()).contains("is a folder");
    Command nowhere = Command.run(STACKS, "-o", folder.resolve("no/such/out.svg").toString());
    assertThat(nowhere.exit()).isEqualTo(1);
    assertThat(nowhere.err()).contains("there is no folder");
  }

  @Test
  void anOutputThatIsALinkIsWrittenWhereItLeads() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("target.svg"));
    for (int i = 0; i < 2; i++) {
      assertThat(Command.run(STACKS, "-o", link.toString()).exit()).isZero();
      assertThat(link).isSymbolicLink();
      assertThat(Picture.parse(Files.readAllBytes(folder.resolve("target.svg"))).frames())
          .hasSize(4);
    }
    Path nowhere = Files.createSymbolicLink(folder.resolve("a"), Path.of("b"));
    Files.createSymbolicLink(folder.resolve("b"), Path.of("a"));
    Command loop = Command.run(STACKS, "-o", nowhere.toString());
    assertThat(loop.exit()).isEqualTo(1);
    assertThat(loop.err()).contains("leads nowhere");
  }

  @Test
  void aFullDeviceIsToldByName() {
    Command run = Command.run(STACKS, "-o", "/dev/full");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("No space left on device; /dev/full is incomplete");
  }

  @Test
  void damagedGzipIsToldAndNothingIsDrawn() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write("a;b 100\n".getBytes(StandardCharsets.US_ASCII));
    }
    int end = packed.size();
    packed.write(new byte[512]);
    assertThat(Command.run(packed.toByteArray()).exit()).isZero();
    packed.write("a;c 100\n".getBytes(StandardCharsets.US_ASCII));
    Command more = Command.run(packed.toByteArray());
    assertThat(more.exit()).isEqualTo(1);
    assertThat(more.out()).isEmpty();
    assertThat(more.err()).contains("damaged gzip", "something else");
    Command less = Command.run(Arrays.copyOf(packed.toByteArray(), end - 9));
    assertThat(less.exit()).isEqualTo(1);
    assertThat(less.err()).contains("in the middle of its gzip data");
  }

  @Test
  void titlesFollowTheKindOfPicture() {
    assertThat(Command.run(STACKS).text()).contains(">Flame Graph<");
    assertThat(Command.run(STACKS, "--inverted").text()).contains(">Icicle Graph<");
    assertThat(Command.run(STACKS, "--flamechart").text()).contains(">Flame Chart<");
    assertThat(Command.run(STACKS, "--title", "T & Co").text()).contains(">T &amp; Co<");
  }

  @Test
  void anInvertedPictureMakesRoomForItsSubtitle() {
    double without = Command.run(STACKS, "--inverted").picture().frames().get(0).y();
    double with = Command.run(STACKS, "--inverted", "--subtitle=S").picture().frames().get(0).y();
    assertThat(without).isEqualTo(36);
    assertThat(with).isEqualTo(60);
  }

  @Test
  void byteUnitsComeIntoTitlesOnDemand() {
    String input = "a 1536\nb 512\n";
    assertThat(titles(Command.run(input, "--countname=bytes"))).contains("a (1,536 bytes, 75.00%)");
    assertThat(titles(Command.run(input, "--countname=bytes", "--units=auto")))
        .contains("a (1,536 bytes = 1.50 KiB, 75.00%)", "b (512 bytes, 25.00%)");
    assertThat(titles(Command.run("a 3\n", "--countname=pages", "--units=auto")))
        .contains("a (3 pages = 12.0 KiB, 100.00%)");
  }

  @Test
  void everyFigureOfAComparisonHasItsUnitOnDemand() throws IOException {
    String before = file("before", "a 3145728\n");
    String after = file("after", "a 1048576\n");
    assertThat(
            titles(Command.run("", "--diff", "--units=auto", "--countname=bytes", before, after)))
        .contains(
            "a (before 3,145,728 = 3.00 MiB, after 1,048,576 bytes = 1.00 MiB;"
                + " -2,097,152 = -2.00 MiB, -66.67% of before)");
  }

  @Test
  void longNamesLoseTheirEndOrTheirStart() {
    String input = "abcdefghijklmnopqrstuvwxyz 1\nx 19";
    assertThat(Command.run(input).picture().frames().get(1).text()).isEqualTo("abcdef..");
    assertThat(Command.run(input, "--truncate-text-right").picture().frames().get(1).text())
        .isEqualTo("abcdef..");
    assertThat(Command.run(input, "--truncate-text-left").picture().frames().get(1).text())
        .isEqualTo("..uvwxyz");
  }

  @Test
  void moduleNamesDoNotCountForHashColours() {
    Command run = Command.run("libc.so`malloc 1\nlibx.so`malloc 1\nmalloc 1\n", "--hash");
    String blueOf = run.picture().frames().get(3).fill();
    assertThat(run.picture().frames().get(1).fill().split(",")[1]).isEqualTo(blueOf.split(",")[1]);
    assertThat(run.picture().frames().get(2).fill().split(",")[1]).isEqualTo(blueOf.split(",")[1]);
  }

  @Test
  void twoColumnsKeepTheMeaningOfFlamegraphPl() {
    Command run = Command.run("a;b 10 30\na;c 30 10\n", "--minwidth=0");
    assertThat(titles(run))
        .containsExactly(
            "all (40 samples, 100%)",
            "a (40 samples, 100.00%; 0.00%)",
            "b (30 samples, 75.00%; +50.00%)",
            "c (10 samples, 25.00%; -50.00%)");
    assertThat(run.picture().frames().get(2).fill()).isEqualTo("rgb(255,0,0)");
    assertThat(Command.run("a;b 10 30\n", "--negate").picture().frames().get(2).fill())
        .isEqualTo("rgb(0,0,255)");
  }

  @Test
  void diffComparesWholeFrames() throws IOException {
    String before = file("before", "a;x 30\na;y 10\nold 8\n");
    String after = file("after", "a;x 10\na;y 30\nnew;deep 4\n");
    Command run = Command.run("", "--diff", before, after, "--countname", "bytes");
    assertThat(run.exit()).as(run.err()).isZero();
    assertThat(titles(run))
        .containsExactly(
            "all (before 48, after 44 bytes; -4, -8.33% of before)",
            "a (before 40, after 40 bytes; +0, +0.00% of before)",
            "x (before 30, after 10 bytes; -20, -66.67% of before)",
            "y (before 10, after 30 bytes; +20, +200.00% of before)",
            "new (before 0, after 4 bytes; +4, new)",
            "deep (before 0, after 4 bytes; +4, new)",
            "old (before 8, after 0 bytes; -8, removed)");
    List<Picture.Frame> frames = run.picture().frames();
    assertThat(frames.get(1).fill()).isEqualTo("rgb(255,255,255)");
    assertThat(frames.get(1).width() / frames.get(0).width()).isBetween(0.832, 0.835);
    assertThat(frames.get(6).width() / frames.get(0).width()).isBetween(0.110, 0.112);
    assertThat(run.text()).contains("stroke-dasharray");
    Command negated = Command.run("", "--diff", "--negate", before, after);
    assertThat(frames.get(2).fill()).isEqualTo("rgb(148,148,255)");
    assertThat(negated.picture().frames().get(2).fill()).isEqualTo("rgb(255,148,148)");
    assertThat(titles(negated)).contains("x (before 30, after 10 samples; -20, -66.67% of before)");
  }

  @Test
  void diffCanPrintItsStacks() throws IOException {
    String before = file("before", "a;x 30\nz 1.5\na 1\n");
    String after = file("after", "a;x 10\na-b;n 4\na;x 1\n");
    Command run = Command.run("", "--diff", "--folded", before, after);
    assertThat(run.text()).isEqualTo("a 1 0\na-b;n 0 4\na;x 30 11\nz 1.5 0\n");
    Command scaled = Command.run("", "--diff", "--folded", "--normalize", before, after);
    assertThat(scaled.text()).startsWith("a 0.461538462 0\n");
    Command nothing =
        Command.run("", "--diff", "--normalize", file("none", ""), file("some", "a 1"));
    assertThat(nothing.exit()).isEqualTo(1);
    assertThat(nothing.err()).contains("cannot be normalized");
  }

  @Test
  void normalizedToTheSameSumTheWholeIsUnchangedAndWhite() throws IOException {
    String before = file("before", "a;x 1\na;y 1\na;z 1\n");
    String after = file("after", "a;x 4\na;y 3\na;z 3\n");
    Command run = Command.run("", "--diff", "--normalize", before, after);
    assertThat(titles(run))
        .containsExactly(
            "all (before 10, after 10 samples; +0, +0.00% of before)",
            "a (before 10, after 10 samples; +0, +0.00% of before)",
            "x (before 3, after 4 samples; +1, +20.00% of before)",
            "y (before 3, after 3 samples; +0, -10.00% of before)",
            "z (before 3, after 3 samples; +0, -10.00% of before)");
    assertThat(run.picture().frames().get(0).fill()).isEqualTo("rgb(255,255,255)");
    assertThat(run.picture().frames().get(1).fill()).isEqualTo("rgb(255,255,255)");
  }

  @Test
  void baseLeavesOutOtherStacksAndSaysHowMany() {
    Command run = Command.run("r;main;f 100\ns;main;g 200\nother;f 5\n", "--base=main");
    assertThat(run.exit()).isZero();
    assertThat(titles(run)).contains("main (300 samples, 100.00%)").hasSize(4);
    assertThat(run.err()).isEqualTo("Left out 1 stacks without the frame of --base\n");
    assertThat(Command.run("a 100\n", "--base=main").exit()).isEqualTo(2);
  }

  @Test
  void attributesFromAFileReachTheirFrames() throws IOException {
    String attributes = file("attributes", "b\tclass=hot\thref=b.html\ttitle=The <b>\tonclick=x\n");
    Command run = Command.run(STACKS, "--nameattr", attributes, "--no-javascript");
    assertThat(run.text())
        .contains(
            "<a href=\"b.html\" class=\"hot\" target=\"_top\" rel=\"noopener noreferrer\">"
                + "<title>The &lt;b&gt;</title>");
    assertThat(run.err()).contains("line 1: dropped \"onclick\"");
  }

  @Test
  void withoutJavascriptThereIsNone() {
    Command run = Command.run(STACKS, "--no-javascript");
    assertThat(run.text()).doesNotContain("<script").doesNotContain("<metadata");
  }

  @Test
  void onlyTheWidestFramesAreWrittenUnlessAWidthIsAskedFor() {
    StringBuilder stacks = new StringBuilder();
    for (int i = 0; i < 11_000; i++) {
      stacks.append("f").append(i).append(" 1\n");
    }
    assertThat(Command.run(stacks.toString()).picture().frames()).hasSize(10_000);
    assertThat(Command.run(stacks.toString(), "--minwidth=0").picture().frames()).hasSize(11_001);
  }

  @Test
  void everyElementOfTheStoreIsBelowAMegabyte() {
    StringBuilder stacks = new StringBuilder();
    java.util.Random random = new java.util.Random(5);
    for (int i = 0; i < 60_000; i++) {
      stacks
          .append(Long.toHexString(random.nextLong()))
          .append(Long.toHexString(random.nextLong()));
      stacks.append(' ').append(1 + random.nextInt(1 << 30)).append('\n');
    }
    String svg = Command.run(stacks.toString()).text();
    int elements = 0;
    for (int at = svg.indexOf("<metadata"); at >= 0; at = svg.indexOf("<metadata", at + 1)) {
      assertThat(svg.indexOf("</metadata>", at) - at).isLessThan(1_000_000);
      elements++;
    }
    assertThat(elements).isGreaterThan(5);
  }
}
