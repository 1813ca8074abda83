package org.memstacks.collect.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.memstacks.collect.bench.LoopTarget.Run;

/** Another tool that finds leaks in a running process, run as its own documentation says. */
enum Peer {
  BPFTRACE("bpftrace, the usual script") {
    @Override
    List<String> command(int pid, Path libc) {
      String script =
          """
          uprobe:%1$s:malloc /pid == %2$d/ { @size[tid] = arg0; }
          uretprobe:%1$s:malloc /pid == %2$d && @size[tid]/ {
            if (retval != 0) { @bytes[retval] = @size[tid]; @stack[retval] = ustack(perf); }
            delete(@size[tid]);
          }
          uprobe:%1$s:free /pid == %2$d/ { delete(@bytes[arg0]); delete(@stack[arg0]); }
          """
              .formatted(libc, pid);
      return List.of("bpftrace", "-p", Integer.toString(pid), "-e", script);
    }
  },
  MEMLEAK("memleak of libbpf-tools") {
    @Override
    List<String> command(int pid, Path libc) {
      return List.of("memleak", "-p", Integer.toString(pid), "3600");
    }
  },
  MEMLEAK_BCC("memleak of bcc (memleak-bpfcc)") {
    @Override
    List<String> command(int pid, Path libc) {
      return List.of("memleak-bpfcc", "-p", Integer.toString(pid), "3600");
    }
  };

  /** By how much the loop must slow down to be taken for traced. */
  private static final double TRACED = 5;

  private static final int SLICE_MILLIS = 20;
  private static final long PATIENCE_NANOS = 20_000_000_000L;

  private final String title;

  Peer(String title) {
    this.title = title;
  }

  abstract List<String> command(int pid, Path libc);

  String title() {
    return title;
  }

  boolean isInstalled() {
    return Files.exists(Path.of("/usr/bin", program()))
        || Files.exists(Path.of("/usr/sbin", program()));
  }

  /** Thrown when the tool does not trace here; the message says what it said. */
  static final class NotTracing extends Exception {
    private static final long serialVersionUID = 1;

    NotTracing(String message) {
      super(message);
    }
  }

  /**
   * The loop while this tool traces it.
   *
   * @param untraced nanoseconds per pair
   * @throws NotTracing when the tool ends, or the loop is not slowed down after 20 seconds
   */
  Run trace(LoopTarget target, Path libc, double untraced, Traced.Work<Run> work)
      throws IOException, NotTracing {
    Path output = Files.createTempFile("peer", ".out");
    Process process =
        new ProcessBuilder(new ArrayList<>(command(target.pid(), libc)))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      awaitTracing(process, target, untraced, output);
      return work.run();
    } finally {
      end(process);
      Files.delete(output);
    }
  }

  private void awaitTracing(Process process, LoopTarget target, double untraced, Path output)
      throws IOException, NotTracing {
    long began = System.nanoTime();
    // Slow in two slices on end: all probes are set.
    int slow = 0;
    while (slow < 2) {
      if (!process.isAlive() || System.nanoTime() - began > PATIENCE_NANOS) {
        throw new NotTracing(lastLine(output));
      }
      double nanos = target.run(LoopTarget.Shape.REPEAT, 1, SLICE_MILLIS).nanosPerPair();
      target.drop();
      slow = nanos > TRACED * untraced ? slow + 1 : 0;
      pause();
    }
  }

  private static void end(Process process) {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(500);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String program() {
    return command(0, Path.of("/")).getFirst();
  }

  private static String lastLine(Path file) throws IOException {
    List<String> lines = Files.readString(file).lines().filter(line -> !line.isBlank()).toList();
    return lines.isEmpty() ? "it says nothing" : lines.getLast().strip();
  }
}
