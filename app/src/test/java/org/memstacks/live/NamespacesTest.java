package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/** Containers, by the namespaces they are made of. */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class NamespacesTest {
  /** Its program lies in a file system that nobody else sees, and calls itself process 1. */
  @EachAttachWay(with = {"-f", "-af"})
  void aTargetInAContainerIsTracedFromTheHost(String mode, String attach) throws IOException {
    String program = TracedProgram.build("threads").toString();
    try (TracedProgram contained =
        TracedProgram.start(
            Map.of(),
            List.of(
                "unshare",
                "--user",
                "--map-root-user",
                "--pid",
                "--mount",
                "--fork",
                "--kill-child",
                "sh",
                "-c",
                "mount -t tmpfs none /mnt && cp '"
                    + program
                    + "' /mnt/contained && exec /mnt/contained"))) {
      assertThat(contained.pid()).as("as it sees itself").isEqualTo(1);
      long pid = onlyChild(contained.process().toHandle());
      try (Memstacks memstacks = Memstacks.attach(mode, "--attach=" + attach, "-p", "" + pid)) {
        contained.begin();
        Map<String, Truth> truth = contained.truth();
        Result result = memstacks.stop();

        assertThat(result.byCaller())
            .containsAllEntriesOf(
                TracedProgram.nonZero(
                    truth, mode.equals("-f") ? Truth::unfreedBytes : Truth::allBytes));
        assertThat(result.lines()).allMatch(line -> line.startsWith("contained;"));
        assertThat(result.exit()).isZero();
      }
    }
  }

  /** The kernel's own numbers of its threads are not those its namespace gives them. */
  @EachAttachWay(with = {"-f", "-af"})
  void aThreadInAContainerIsTracedFromTheHost(String mode, String attach) throws IOException {
    try (TracedProgram contained =
        TracedProgram.start(
            Map.of(),
            List.of(
                "unshare",
                "--pid",
                "--mount-proc", // Naming a thread takes it.
                "--fork",
                "--kill-child",
                TracedProgram.build("givetake").toString()))) {
      long pid = onlyChild(contained.process().toHandle());
      int giver =
          awaited(() -> {
            try {
              return Optional.of(AllocationScopeTest.thread((int) pid, "giver"));
            } catch (AssertionError notYet) {
              return Optional.empty();
            }
          });
      try (Memstacks memstacks = Memstacks.attach(mode, "--attach=" + attach, "-t", "" + giver)) {
        contained.begin();
        Map<String, Truth> truth = contained.truth();
        Result result = memstacks.stop();

        assertThat(result.byCaller())
            .isEqualTo(
                TracedProgram.nonZero(
                    truth, mode.equals("-f") ? Truth::unfreedBytes : Truth::allBytes));
        assertThat(result.exit()).isZero();
      }
    }
  }

  /** Kernel and collector number its target differently. */
  @EachAttachWay(with = {"-p", "-t"})
  void aCollectorInAPidNamespaceTracesWhatIsInThere(String option, String attach)
      throws IOException {
    try (TracedProgram contained =
        TracedProgram.start(
            Map.of(),
            List.of(
                "unshare",
                "--pid",
                "--mount-proc",
                "--fork",
                "--kill-child",
                TracedProgram.build("groundtruth").toString(),
                "-n",
                "20000",
                "-t",
                "1"))) {
      long pid = onlyChild(contained.process().toHandle());
      List<String> command =
          new ArrayList<>(List.of("nsenter", "--target", "" + pid, "--pid", "--mount"));
      command.addAll(Memstacks.java(List.of()));
      int target = option.equals("-p") ? 1 : workerOf(pid);
      try (Memstacks memstacks =
          Memstacks.run(Redirect.PIPE, command, "-f", "--attach=" + attach, option, "" + target)) {
        memstacks.awaitAttached();
        contained.begin();
        Map<String, Truth> truth = contained.truth();
        Signals.send(onlyChild(memstacks.process().toHandle()), "TERM");
        Result result = memstacks.result();

        assertThat(result.errors()).contains("attached to PID 1\n");
        assertThat(result.byCaller())
            .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes));
        assertThat(result.exit()).isZero();
      }
    }
  }

  static long onlyChild(ProcessHandle of) throws IOException {
    return awaited(() -> of.children().map(ProcessHandle::pid).findFirst());
  }

  /** The one thread besides the main one, as its own namespace numbers it. */
  private static int workerOf(long pid) throws IOException {
    Path worker =
        awaited(() -> {
          try (var tasks = Files.list(Path.of("/proc/" + pid + "/task"))) {
            return tasks.filter(task -> !task.endsWith("" + pid)).findFirst();
          }
        });
    String ids =
        Files.readAllLines(worker.resolve("status")).stream()
            .filter(line -> line.startsWith("NSpid:"))
            .findFirst()
            .orElseThrow();
    return Integer.parseInt(ids.substring(ids.lastIndexOf('\t') + 1));
  }

  /**
   * A program says its PID before it has started its threads, and unshare forks when it gets to it.
   */
  static <T> T awaited(Callable<Optional<T>> question) throws IOException {
    return TracedProgram.Timed.within(
        30,
        () -> {
          Optional<T> answer = question.call();
          while (answer.isEmpty()) {
            Thread.sleep(10);
            answer = question.call();
          }
          return answer.get();
        });
  }
}
