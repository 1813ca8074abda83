package org.memstacks.cli.flamegraph.bench;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.memstacks.cli.flamegraph.browser.Browser;

/**
 * Measures the command through its launcher on generated inputs, next to flamegraph.pl if its path
 * is given, and the picture in a browser if there is one. Prints a table; nothing fails here.
 *
 * <p>Arguments: {@code LAUNCHER [--flamegraph-pl PATH] [--large]}; {@code --large} adds the input
 * of a million stacks, for which flamegraph.pl takes a minute.
 */
public final class Bench {
  private static final long SEED = 1;
  private static final int RUNS = 5;
  private static final int RUNS_LARGE = 2;
  private static final String PROBE =
      "(async act => { const t = performance.now(); act(); await new Promise(r =>"
          + " requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = r;"
          + " c.port2.postMessage(0); })); return performance.now() - t; })";
  private static final String ZOOM =
      PROBE
          + "(() => { const w = g => +g.querySelector('rect').getAttribute('width');"
          + " [...document.querySelectorAll('#frames [role=treeitem]')].filter(g => w(g) < 600)"
          + ".sort((a, b) => w(b) - w(a))[0].dispatchEvent(new MouseEvent('click', { bubbles: true"
          + " })); })";
  private static final String SEARCH =
      PROBE
          + "(() => { const i = document.querySelector('.bar input'); i.value = 'cache.*loop';"
          + " i.dispatchEvent(new Event('input')); })";

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
    if (large) {
      inputs.add(new Input("deep, 1,000,000 stacks", StackGenerator.Shape.DEEP, 1_000_000));
    }
    System.out.printf(
        "%-26s %9s %9s %9s %8s %9s %9s%n",
        "input", "MB", "frames", "median s", "RSS MB", "SVG MB", "x faster");
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
    int runs = input.stacks() < 1_000_000 ? RUNS : RUNS_LARGE;
    String faster = "";
    if (perl != null) {
      Measure theirs = measure(List.of("perl", perl), file, picture, runs);
      Measure ours = measure(List.of(launcher), file, picture, runs);
      faster =
          String.format(
              Locale.ROOT,
              "%.1f (%.2f s, %d MB)",
              theirs.seconds() / ours.seconds(),
              theirs.seconds(),
              theirs.kilobytes() >> 10);
    }
    Measure ours = measure(List.of(launcher), file, picture, runs);
    System.out.printf(
        Locale.ROOT,
        "%-26s %9.1f %9s %9.3f %8d %9.2f %9s%n",
        input.name(),
        Files.size(file) / 1e6,
        frames(picture),
        ours.seconds(),
        ours.kilobytes() >> 10,
        Files.size(picture) / 1e6,
        faster);
    if (Browser.available()) {
      browse(picture);
    }
  }

  /** The number of frames the picture says that it holds. */
  private static String frames(Path picture) throws IOException {
    byte[] head = new byte[4096];
    try (var in = Files.newInputStream(picture)) {
      in.readNBytes(head, 0, head.length);
    }
    String text = new String(head, StandardCharsets.UTF_8);
    int at = text.indexOf("data-frames=\"") + 13;
    return text.substring(at, text.indexOf('"', at));
  }

  private Measure measure(List<String> command, Path input, Path output, int runs)
      throws Exception {
    double[] seconds = new double[runs];
    long memory = 0;
    for (int i = 0; i < runs; i++) {
      Path time = folder.resolve("time");
      List<String> timed = new ArrayList<>();
      boolean gnuTime = Files.isExecutable(Path.of("/usr/bin/time"));
      if (gnuTime) {
        timed.addAll(List.of("/usr/bin/time", "-f", "%M", "-o", time.toString()));
      }
      timed.addAll(command);
      long start = System.nanoTime();
      int exit =
          new ProcessBuilder(timed)
              .redirectInput(input.toFile())
              .redirectOutput(output.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor();
      seconds[i] = (System.nanoTime() - start) / 1e9;
      if (exit != 0) {
        throw new IllegalStateException(command + " ended with " + exit);
      }
      if (gnuTime) {
        memory = Math.max(memory, Long.parseLong(Files.readString(time).strip()));
      }
    }
    Arrays.sort(seconds);
    return new Measure(seconds[runs / 2], memory);
  }

  private static void browse(Path picture) throws Exception {
    try (Browser browser = new Browser()) {
      browser.resize(1200, 800);
      browser.open(picture, "");
      double ready = browser.evaluate("performance.now()").getAsDouble();
      double zoom = browser.evaluate(ZOOM).getAsDouble();
      double zoomAgain = browser.evaluate(ZOOM).getAsDouble();
      browser.evaluate("document.querySelector('[data-action=reset]').click()");
      double search = browser.evaluate(SEARCH).getAsDouble();
      browser.evaluate("document.querySelector('.bar input').value = ''");
      double callers =
          browser
              .evaluate(PROBE + "(() => document.querySelector('[data-action=reversed]').click())")
              .getAsDouble();
      System.out.printf(
          Locale.ROOT,
          "  in Chromium: ready %.0f ms, zoom %.0f and %.0f ms, search %.0f ms, callers %.0f ms%n",
          ready,
          zoom,
          zoomAgain,
          search,
          callers);
    }
  }
}
