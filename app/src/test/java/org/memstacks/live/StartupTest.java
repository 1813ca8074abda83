package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;

/**
 * The command as a user starts it: through its launcher, and without what a first look needs not.
 */
class StartupTest {
  @TempDir Path directory;

  /** An AOT cache has all classes loaded at once: what counts is which are initialized. */
  @ParameterizedTest
  @ValueSource(strings = {"--help", "--version", "--no-such-option"})
  void whatTracesNothingTouchesNoNativeCode(String option) throws IOException {
    Path log = directory.resolve("classes");
    try (Memstacks memstacks =
        Memstacks.withJvmOptions(List.of("-Xlog:class+init=info:file=" + log), option)) {
      memstacks.result();
    }
    List<String> initialized =
        Files.readAllLines(log).stream().filter(line -> line.contains("Initializing '")).toList();
    assertThat(initialized).anyMatch(line -> line.contains("'org/memstacks/cli/MemstacksCommand'"));
    assertThat(initialized)
        .noneMatch(line -> line.contains("'org/memstacks/bpf/"))
        .noneMatch(line -> line.contains("'org/memstacks/foreign/"))
        .noneMatch(line -> line.contains("'org/memstacks/target/"))
        .noneMatch(line -> line.contains("'java/lang/foreign/Linker"))
        .noneMatch(line -> line.contains("'com/sun/jna/"));
  }

  @ParameterizedTest
  @CsvSource({
    "--version, 0, memstacks 0.1.0, ''",
    "-p 1 -t 1, 2, '', -p and -t exclude each other"
  })
  void theLauncherPassesStreamsAndStatusOn(String arguments, int exit, String out, String err)
      throws IOException {
    Result result = launch(arguments.split(" "));
    assertThat(result.exit()).isEqualTo(exit);
    assertThat(String.join("\n", result.lines())).isEqualTo(out);
    assertThat(result.errors()).contains(err);
    assertThat(result.errors().isEmpty()).isEqualTo(err.isEmpty());
  }

  @Test
  void theLauncherWorksThroughLinksAndFromAnywhere() throws IOException {
    Path installed = Installation.of();
    Path link = Files.createSymbolicLink(directory.resolve("m"), Path.of("one"));
    Files.createSymbolicLink(directory.resolve("one"), installed.resolve("bin/memstacks"));
    try (Memstacks memstacks =
        Memstacks.run(Redirect.PIPE, List.of(link.toString()), "--version")) {
      assertThat(memstacks.result().lines()).containsExactly("memstacks 0.1.0");
    }
  }

  /** What halves the time to start is made for a checkout below a directory of any name. */
  @Test
  void archivesAreMadeWhereThePathHasSpaces() throws Exception {
    Path checkout = Files.createDirectories(directory.resolve("my own/check out"));
    Path installed = Installation.of();
    Path lib = Files.createDirectories(checkout.resolve("app/target/lib"));
    Path scripts = Files.createDirectory(checkout.resolve("scripts"));
    Path log = directory.resolve("log");
    for (String copy :
        List.of(
            installed.resolve("bin") + ":" + checkout.resolve("bin"),
            installed.resolve("lib") + "/.:" + lib,
            Checkout.root().resolve("scripts/archive") + ":" + scripts.resolve("archive"))) {
      String[] fromTo = copy.split(":");
      assertThat(new ProcessBuilder("cp", "-RLp", fromTo[0], fromTo[1]).start().waitFor()).isZero();
    }
    int exit =
        new ProcessBuilder(scripts.resolve("archive").toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();
    assertThat(Files.readString(log)).isEmpty();
    assertThat(exit).isZero();
    assertThat(lib)
        .isDirectoryContaining("glob:**/memstacks.aot")
        .isDirectoryContaining("glob:**/flamegraph.aot")
        .isDirectoryContaining("glob:**/pgfaultstacks.jsa");
  }

  @Test
  @LiveKernel
  void theLauncherTracesAndEndsOnCtrlC() throws IOException {
    Path installed = Installation.of();
    try (TracedProgram program = TracedProgram.start("threads");
        Memstacks memstacks =
            Memstacks.run(
                Redirect.PIPE,
                List.of(installed.resolve("bin/memstacks").toString()),
                "-f",
                "-p",
                "" + program.pid())) {
      memstacks.awaitAttached();
      program.begin();
      var truth = program.truth();
      Result result = memstacks.interrupt();

      assertThat(result.exit()).isZero();
      assertThat(result.byCaller())
          .containsAllEntriesOf(TracedProgram.nonZero(truth, TracedProgram.Truth::unfreedBytes));
    }
  }

  /** What the launcher and the JVM change for themselves is not passed on. */
  @Test
  @LiveKernel
  void aStartedProgramHasTheUsersEnvironmentAndLimits() throws IOException {
    String launcher = Installation.of().resolve("bin/memstacks").toString();
    List<String> command =
        List.of(
            "env",
            "-u",
            "JAVA_TOOL_OPTIONS",
            "CLASSPATH=a b",
            "LC_ALL=POSIX",
            "prlimit",
            "--nofile=321:",
            launcher);
    String show =
        "echo \"$CLASSPATH,$LC_ALL,${JAVA_TOOL_OPTIONS-unset},$(ulimit -Sn)\"; cat /proc/self/oom_score_adj; env";
    String score = Files.readString(Path.of("/proc/self/oom_score_adj"));
    try (Memstacks memstacks =
        Memstacks.run(Redirect.PIPE, command, "-q", "-f", "-c", "sh", "-c", show)) {
      assertThat(memstacks.result().errors())
          .contains("a b,POSIX,unset,321\n" + score)
          .doesNotContain("MEMSTACKS_USER");
    }
  }

  /** Nothing of what the JVM would say then is a help. */
  @Test
  void aWorkingDirectoryThatIsGoneIsSaid() throws IOException {
    Result result = inShell("mkdir gone && cd gone && rmdir ../gone && exec \"$0\" --version");
    assertThat(result.lines()).containsExactly("memstacks 0.1.0");
    assertThat(result.errors())
        .contains(
            "memstacks: the working directory was deleted: relative paths are taken to begin at /\n");
    assertThat(result.exit()).isZero();
  }

  @Test
  void tooFewOpenFilesAreRaisedOrSaid() throws IOException {
    assertThat(inShell("ulimit -S -n 20; exec \"$0\" --version").lines())
        .containsExactly("memstacks 0.1.0");
    Result result = inShell("ulimit -n 20; exec \"$0\" --version");
    assertThat(result.errors())
        .isEqualTo(
            "memstacks: needs 128 open files at least, and no more than 20 are allowed: raise the limit as"
                + " root (ulimit -n 1024)\n");
    assertThat(result.exit()).isEqualTo(1);
  }

  private Result inShell(String script) throws IOException {
    String launcher = Installation.of().resolve("bin/memstacks").toString();
    try (Memstacks memstacks =
        Memstacks.run(
            Redirect.PIPE, List.of("sh", "-c", "cd '" + directory + "' && " + script, launcher))) {
      return memstacks.result();
    }
  }

  private Result launch(String... arguments) throws IOException {
    try (Memstacks memstacks =
        Memstacks.run(
            Redirect.PIPE,
            List.of(Installation.of().resolve("bin/memstacks").toString()),
            arguments)) {
      return memstacks.result();
    }
  }
}
