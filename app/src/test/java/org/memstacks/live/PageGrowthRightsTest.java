package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.bpf.BpfObject;
import org.memstacks.live.Memstacks.Result;

/** pgfaultstacks in containers, with few rights, and on kernels that lack something. */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class PageGrowthRightsTest {
  private static final String OBJECT = "pgfaultstacks.bpf.o";

  /* Of the program's functions those whose pages do not depend on what the kernel tells it. */
  private static final Map<String, Long> SOME =
      Map.of(
          "keep", 100L, "unmap", 0L, "fill_by_read", 32L, "populate", 60L, "grow_by_mremap", 70L);

  @ParameterizedTest
  @ValueSource(strings = {"session", "multi", "perf"})
  void aTargetInAContainerIsTracedFromTheHost(String attach) throws IOException {
    String program = TracedProgram.build("pages").toString();
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
      long pid = NamespacesTest.onlyChild(contained.process().toHandle());
      try (Memstacks collector =
          Memstacks.attachPgfaultstacks(
              "-f", "--by-mapping", "--attach=" + attach, "-p", "" + pid)) {
        contained.begin();
        contained.truth();
        Result result = collector.stop();

        assertThat(some(result)).isEqualTo(SOME);
        assertThat(result.below("[stack of thread]")).isGreaterThan(31);
        assertThat(result.lines()).allMatch(line -> line.startsWith("contained;"));
        assertThat(result.exit()).isZero();
      }
    }
  }

  /** Kernel and collector number its target differently. */
  @ParameterizedTest
  @ValueSource(strings = {"session", "multi", "perf"})
  void aCollectorInAPidNamespaceTracesWhatIsInThere(String attach) throws IOException {
    try (TracedProgram contained =
        TracedProgram.start(
            Map.of(),
            List.of(
                "unshare",
                "--pid",
                "--mount-proc",
                "--fork",
                "--kill-child",
                TracedProgram.build("pages").toString()))) {
      long pid = NamespacesTest.onlyChild(contained.process().toHandle());
      List<String> command =
          new ArrayList<>(List.of("nsenter", "--target", "" + pid, "--pid", "--mount"));
      command.addAll(Memstacks.collector("pgfaultstacks"));
      try (Memstacks collector =
          Memstacks.run(
              Redirect.PIPE, command, "-f", "--by-mapping", "--attach=" + attach, "-p", "1")) {
        collector.awaitAttached();
        contained.begin();
        contained.truth();
        Signals.send(NamespacesTest.onlyChild(collector.process().toHandle()), "TERM");
        Result result = collector.result();

        assertThat(result.errors()).contains("attached to PID 1\n");
        assertThat(some(result)).isEqualTo(SOME);
        assertThat(result.below("[stack of thread]")).isGreaterThan(31);
        assertThat(result.exit()).isZero();
      }
    }
  }

  @Test
  void fourCapabilitiesSuffice() throws IOException {
    Result result = traced(withCapabilities("", CapabilitiesTest.SUFFICIENT));

    assertThat(some(result)).isEqualTo(SOME);
    assertThat(result.below("[stack of thread]")).isGreaterThan(31);
    assertThat(result.errors()).doesNotContain("pagemap");
  }

  /** What is not to be read is said in sentences, not by its path alone. */
  @Test
  void withTwoCapabilitiesItSaysWhatIsMissing() throws IOException {
    Result result = traced(withCapabilities("", List.of("bpf", "perfmon")));

    assertThat(result.total()).isGreaterThan(1000);
    assertThat(result.errors())
        .contains("may not be read: its stacks will break off and lack names")
        .contains("/root: may not be read\n", "brk and mlock were not followed (/proc/");
    assertThat(result.errors().lines()).allMatch(line -> line.split(" ").length > 3);
    assertThat(result.exit()).isEqualTo(3);
  }

  /** Another user's file lies over it, as a kernel without CONFIG_PROC_PAGE_MONITOR has none. */
  @Test
  void withoutPagemapTheAnswerIsWeakerAndSaysSo(@TempDir Path directory) throws IOException {
    Path hidden = Files.createFile(directory.resolve("hidden"));
    Result result =
        traced(
            withCapabilities(
                "chown nobody '"
                    + hidden
                    + "'; chmod 400 '"
                    + hidden
                    + "'; mount --bind '"
                    + hidden
                    + "' /proc/$1/pagemap && ",
                CapabilitiesTest.SUFFICIENT));

    assertThat(result.errors())
        .contains("incomplete: /proc/PID/pagemap may not be read", "the weaker answer")
        .doesNotContain("that were are gone");
    assertThat(result.below("keep")).isEqualTo(100);
    assertThat(result.below("unmap")).isZero();
    assertThat(result.exit()).isEqualTo(3);
  }

  /** A tracepoint that no kernel has stands for the one that this kernel has. */
  @Test
  void withoutTheTracepointItIsNamed(@TempDir Path directory) throws IOException {
    Path patched = directory.resolve("org/memstacks/bpf").resolve(OBJECT);
    Files.createDirectories(patched.getParent());
    Files.write(patched, withOtherTracepoint());
    List<String> command = Memstacks.collector("pgfaultstacks");
    int classPath = command.indexOf("-cp") + 1;
    command.set(classPath, directory + ":" + command.get(classPath));
    try (TracedProgram program = TracedProgram.start("pagelife");
        Memstacks collector =
            Memstacks.run(Redirect.PIPE, command, "-f", "-p", "" + program.pid())) {
      Result result = collector.result();

      assertThat(result.errors())
          .startsWith(
              "pgfaultstacks: this kernel lacks the tracepoint page_fault_none, without which");
      assertThat(result.errors().lines()).hasSizeLessThanOrEqualTo(3);
      assertThat(result.lines()).isEmpty();
      assertThat(result.exit()).isEqualTo(1);
    }
  }

  private static byte[] withOtherTracepoint() throws IOException {
    try (InputStream object = BpfObject.class.getResourceAsStream(OBJECT)) {
      String text = new String(object.readAllBytes(), StandardCharsets.ISO_8859_1);
      assertThat(text).contains("tp_btf/page_fault_user");
      return text.replace("tp_btf/page_fault_user", "tp_btf/page_fault_none")
          .getBytes(StandardCharsets.ISO_8859_1);
    }
  }

  /**
   * The command with some capabilities.
   *
   * @param before what a shell does before that, in a mount namespace of its own; $1 is the PID
   * @param capabilities by name
   */
  private static List<String> withCapabilities(String before, List<String> capabilities) {
    StringBuilder bounds = new StringBuilder("-all");
    capabilities.forEach(capability -> bounds.append(",+").append(capability));
    List<String> command =
        new ArrayList<>(
            List.of(
                "unshare",
                "--mount",
                "sh",
                "-c",
                before
                    + "shift && exec setpriv --inh-caps=-all --bounding-set="
                    + bounds
                    + " \"$@\"",
                "sh",
                "PID"));
    command.addAll(Memstacks.collector("pgfaultstacks"));
    return command;
  }

  private static Result traced(List<String> command) throws IOException {
    try (TracedProgram program = TracedProgram.start("pages")) {
      command.set(command.indexOf("PID"), "" + program.pid());
      try (Memstacks collector =
          Memstacks.run(Redirect.PIPE, command, "-f", "--by-mapping", "-p", "" + program.pid())) {
        collector.awaitAttached();
        program.begin();
        program.truth();
        return collector.stop();
      }
    }
  }

  private static Map<String, Long> some(Result result) {
    Map<String, Long> pages = new java.util.TreeMap<>();
    SOME.keySet().forEach(function -> pages.put(function, result.below(function)));
    return pages;
  }
}
