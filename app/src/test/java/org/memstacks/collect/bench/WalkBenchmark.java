package org.memstacks.collect.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.memstacks.collect.AttachKind;
import org.memstacks.collect.bench.LoopTarget.Shape;

/**
 * What a frame costs in a walk whose rules are not remembered: the program's own time, as the
 * kernel's statistics give it, at two depths.
 */
final class WalkBenchmark {
  private static final Path STATISTICS = Path.of("/proc/sys/kernel/bpf_stats_enabled");
  private static final int SHALLOW = 16;
  private static final int DEEP = 112;

  private WalkBenchmark() {}

  /** Nanoseconds of a frame, of each round. */
  static Samples nanosPerFrame(
      LoopTarget target, Traced traced, AttachKind kind, int rounds, int milliseconds)
      throws IOException {
    String before = Files.readString(STATISTICS).strip();
    Files.writeString(STATISTICS, "1");
    try {
      double[] frames = new double[rounds];
      for (int round = 0; round < rounds; round++) {
        double shallow = nanosPerRun(target, traced, kind, Shape.CHAINS_16, milliseconds);
        double deep = nanosPerRun(target, traced, kind, Shape.CHAINS_112, milliseconds);
        frames[round] = (deep - shallow) / (DEEP - SHALLOW);
      }
      return new Samples(frames);
    } finally {
      Files.writeString(STATISTICS, before);
    }
  }

  private static double nanosPerRun(
      LoopTarget target, Traced traced, AttachKind kind, Shape shape, int milliseconds)
      throws IOException {
    Traced.Work<Double> work =
        () -> {
          target.run(shape, 1, milliseconds);
          return programNanosPerRun();
        };
    double nanos =
        traced.underMemstacks(
            kind,
            true,
            work,
            (result, profile) -> {
              if (!profile.incompleteBytes().isEmpty()) {
                throw new IllegalStateException("stacks break off: " + profile.incompleteBytes());
              }
            });
    target.drop();
    return nanos;
  }

  /** Of this process's program that ran most often (proc_pid_fdinfo(5)). */
  private static double programNanosPerRun() throws IOException {
    long mostRuns = 0;
    long nanos = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/proc/self/fdinfo"))) {
      for (Path file : files) {
        List<String> lines = lines(file);
        if (field(lines, "run_cnt:") > mostRuns) {
          mostRuns = field(lines, "run_cnt:");
          nanos = field(lines, "run_time_ns:");
        }
      }
    }
    if (mostRuns == 0) {
      throw new IllegalStateException("the kernel keeps no statistics of BPF programs");
    }
    return (double) nanos / mostRuns;
  }

  private static List<String> lines(Path file) throws IOException {
    try {
      return Files.readAllLines(file);
    } catch (NoSuchFileException e) {
      // The directory's own descriptor.
      return List.of();
    }
  }

  private static long field(List<String> lines, String name) {
    return lines.stream()
        .filter(line -> line.startsWith(name))
        .mapToLong(line -> Long.parseLong(line.substring(name.length()).strip()))
        .findFirst()
        .orElse(0);
  }
}
