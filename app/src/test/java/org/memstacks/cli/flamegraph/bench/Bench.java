package org.memstacks.cli.flamegraph.bench;

import java.io.BufferedOutputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.memstacks.cli.flamegraph.browser.Browser;

/**
 * Measures the command through its launcher on generated inputs, in turn with flamegraph.pl if its
 * path is given, and the picture in a browser if there is one. Prints a table; the only thing that
 * fails is a picture that does not hold every frame of its input.
 *
 * <p>Arguments: {@code LAUNCHER [--flamegraph-pl PATH] [--large]}; {@code --large}, or a path of
 * flamegraph.pl, adds the input of a million stacks, for which that one takes a minute. There the
 * command gets a heap of 1 GiB.
 */
public final class Bench {
  private static final long SEED = 1;
  private static final int ROUNDS = 7;
  private static final int ROUNDS_SMALL = 21;
  private static final int SMALL = 10_000;
  private static final int LARGE = 1_000_000;
  private static final String PROBE =
      "(async act => { const t = performance.now(); act(); await new Promise(r =>"
          + " requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = r;"
          + " c.port2.postMessage(0); })); return performance.now() - t; })";
  private static final String ZOOM =
      PROBE
          + "(() => { const w = g => +g.querySelector('rect').getAttribute('width');"
          + " const all = [...document.querySelectorAll('#frames [role=treeitem]:not(.run)')]"
          + ".sort((a, b) => w(b) - w(a)); (all.find(g => w(g) < 600) || all.at(-1))"
          + ".dispatchEvent(new MouseEvent('click', { bubbles: true })); })";
  private static final String RESET =
      "(() => document.querySelector('[data-action=reset]').click())";

  /** From the key to the frames painted in the colour of a match. */
  private static final String SEARCH =
      "(async () => { const t = performance.now(); const i = document.querySelector('.bar input');"
          + " const m = document.querySelector('.matched'); i.value = 'cache.*loop';"
          + " i.dispatchEvent(new Event('input')); while (m.textContent === '') await new Promise(r"
          + " => setTimeout(r)); await new Promise(r => requestAnimationFrame(() => { const c = new"
          + " MessageChannel(); c.port1.onmessage = r; c.port2.postMessage(0); })); return"
          + " performance.now() - t; })()";

  private record Input(String name, StackGenerator.Shape shape, int stacks) {}

  private record Measure(double seconds, long kilobytes) {}

  private final String launcher;
  private final String perl;
  private final Path folder;

  private Bench(String launcher, String perl, Path folder) {
    this.launcher = launcher;
    this.perl = perl;
    this.folder = folder;
  }

  /** Runs the benchmark. */
  public static void main(String[] args) throws Exception {
    List<String> given = new ArrayList<>(Arrays.asList(args));
    boolean large = given.remove("--large");
    int at = given.indexOf("--flamegraph-pl");
    String perl = at < 0 ? null : given.get(at + 1);
    Path folder = Files.createTempDirectory("flamegraph-bench");
    try {
      new Bench(given.get(0), perl, folder).run(large);
    } finally {
      for (String name : List.of("input", "picture.svg", "time")) {
        Files.deleteIfExists(folder.resolve(name));
      }
      Files.deleteIfExists(folder);
    }
  }

  private void run(boolean large) throws Exception {
    List<Input> inputs =
        new ArrayList<>(
            List.of(
                new Input("deep, 1,000 stacks", StackGenerator.Shape.DEEP, 1_000),
                new Input("deep, 100,000 stacks", StackGenerator.Shape.DEEP, 100_000),
                new Input("shuffled, 100,000 stacks", StackGenerator.Shape.SHUFFLED, 100_000),
                new Input("deep, a million frames", StackGenerator.Shape.DEEP, 127_000),
                new Input("flat, a million frames", StackGenerator.Shape.FLAT, 11_000)));
    if (large || perl != null) {
      inputs.add(new Input("deep, 1,000,000 stacks", StackGenerator.Shape.DEEP, LARGE));
    }
    System.out.printf(
        "%-26s %9s %9s %9s %8s %9s  %s%n",
        "input", "MB", "frames", "median s", "RSS MB", "SVG MB", "flamegraph.pl");
    for (Input input : inputs) {
      row(input);
    }
  }

  private void row(Input input) throws Exception {
    Path file = folder.resolve("input");
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
      StackGenerator.write(input.shape(), input.stacks(), SEED, out);
    }
    Path picture = folder.resolve("picture.svg");
    boolean large = input.stacks() >= LARGE;
    int rounds = large ? 3 : input.stacks() < SMALL ? ROUNDS_SMALL : ROUNDS;
    List<Measure> theirs = new ArrayList<>();
    List<Measure> ours = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      if (perl != null && !(large && round > 0)) {
        theirs.add(measure(List.of("perl", perl), "", file, picture));
      }
      ours.add(measure(List.of(launcher), large ? "-Xmx1g" : "", file, picture));
    }
    long frames = FrameCount.inPicture(picture);
    if (frames != FrameCount.inInput(file)) {
      throw new IllegalStateException(
          input.name() + ": " + frames + " frames of " + FrameCount.inInput(file));
    }
    System.out.printf(
        Locale.ROOT,
        "%-26s %9.1f %9d %9.3f %8d %9.2f  %s%n",
        input.name(),
        Files.size(file) / 1e6,
        frames,
        median(ours),
        memory(ours),
        Files.size(picture) / 1e6,
        theirs.isEmpty()
            ? ""
            : String.format(
                Locale.ROOT,
                "%.2f s, %d MB: %.1f times as long",
                median(theirs),
                memory(theirs),
                median(theirs) / median(ours)));
    if (Browser.available()) {
      browse(picture);
    }
  }

  private static double median(List<Measure> measures) {
    double[] seconds = measures.stream().mapToDouble(Measure::seconds).sorted().toArray();
    return seconds[seconds.length / 2];
  }

  private static long memory(List<Measure> measures) {
    return measures.stream().mapToLong(Measure::kilobytes).max().orElse(0) >> 10;
  }

  private Measure measure(List<String> command, String javaOptions, Path input, Path output)
      throws Exception {
    Path time = folder.resolve("time");
    List<String> timed = new ArrayList<>();
    boolean gnuTime = Files.isExecutable(Path.of("/usr/bin/time"));
    if (gnuTime) {
      timed.addAll(List.of("/usr/bin/time", "-f", "%M", "-o", time.toString()));
    }
    timed.addAll(command);
    ProcessBuilder builder =
        new ProcessBuilder(timed)
            .redirectInput(input.toFile())
            .redirectOutput(output.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("MEMSTACKS_JAVA_OPTS", javaOptions);
    long start = System.nanoTime();
    int exit = builder.start().waitFor();
    double seconds = (System.nanoTime() - start) / 1e9;
    if (exit != 0) {
      throw new IllegalStateException(command + " ended with " + exit);
    }
    long kilobytes = gnuTime ? Long.parseLong(Files.readString(time).strip()) : 0;
    return new Measure(seconds, kilobytes);
  }

  private static void browse(Path picture) throws Exception {
    try (Browser browser = new Browser()) {
      browser.resize(1200, 800);
      browser.open(picture, "");
      double ready = browser.evaluate("performance.now()").getAsDouble();
      double zoom = browser.evaluate(ZOOM).getAsDouble();
      browser.pause(200);
      double reset = browser.evaluate(PROBE + RESET).getAsDouble();
      browser.pause(200);
      double zoomAgain = browser.evaluate(ZOOM).getAsDouble();
      browser.evaluate(RESET + "()");
      browser.pause(200);
      double search = browser.evaluate(SEARCH).getAsDouble();
      browser.evaluate("document.querySelector('.bar input').value = ''");
      double callers =
          browser
              .evaluate(PROBE + "(() => document.querySelector('[data-action=reversed]').click())")
              .getAsDouble();
      System.out.printf(
          Locale.ROOT,
          "  in Chromium: ready %.0f ms, first zoom %.0f, back %.0f, zoom %.0f, search %.0f, callers"
              + " %.0f%n",
          ready,
          zoom,
          reset,
          zoomAgain,
          search,
          callers);
    }
  }
}
