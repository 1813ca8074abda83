package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.memstacks.live.Memstacks.Result;

/** Programs that memstacks starts itself, traced from their first instruction. */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class StartedProgramTest {
  private static final Path JEMALLOC = Path.of("/usr/lib/x86_64-linux-gnu/libjemalloc.so.2");

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "starter, -f, session",
    "starter, -f, multi",
    "starter, -f, perf",
    "starter, -af, session",
    "starter-static, -f, session",
  })
  void everyByteCountsFromTheFirstConstructorOn(String program, String mode, String attach)
      throws IOException {
    Result result = run(mode, "--attach=" + attach, "-c", TracedProgram.build(program).toString());

    assertThat(result.byCaller())
        .contains(entry("starter_early", 100_000L), entry("starter_main", 20_000L));
    assertThat(result.byCaller().getOrDefault("starter_frees", 0L))
        .isEqualTo(mode.equals("-af") ? 3500 : 0);
    complete(result);
  }

  @Test
  void initializersOfCxxCount() throws IOException {
    Result result = run("-f", "-c", TracedProgram.build("initializer").toString());

    assertThat(result.below("Keeper::Keeper()")).isEqualTo(200 * 50);
    complete(result);
  }

  /** The shell, env and the program are one process; env brings another allocator. */
  @Test
  void eachProgramThatTheProcessBecomesIsTracedFromItsFirstInstruction() throws IOException {
    Assumptions.assumeTrue(Files.exists(JEMALLOC), "libjemalloc2 is not installed");
    Path script =
        script(
            "#!/bin/sh\nexec env LD_PRELOAD="
                + JEMALLOC
                + " "
                + TracedProgram.build("starter")
                + " \"$@\"\n");
    Result result = run("-f", "-c", script.toString(), "-x", "a  b");

    assertThat(result.byCaller())
        .contains(entry("starter_early", 100_000L), entry("starter_main", 20_000L));
    assertThat(result.errors())
        .contains("argument -x\nargument a  b\n")
        .contains("memstacks: " + script + " ended with exit status 2\n");
    complete(result);
  }

  @Test
  void argumentsAndStdinArePassedOn() throws IOException {
    Path starter = TracedProgram.build("starter");
    String command =
        "printf given | exec \"$@\" -c " + starter + " -p --help '' '$x' \"$(printf 'odd\\377')\"";
    List<String> shell = new ArrayList<>(List.of("sh", "-c", command, "sh"));
    shell.addAll(Memstacks.collector("memstacks"));
    try (Memstacks memstacks = Memstacks.run(Redirect.PIPE, shell, "-f")) {
      Result result = memstacks.result();

      assertThat(result.errors())
          .contains(
              "argument -p\nargument --help\nargument \nargument $x\nargument odd<ff>\ngiven");
      assertThat(result.lines()).allMatch(line -> line.matches("starter;.* [0-9]+"));
      assertThat(result.exit()).isZero();
    }
  }

  @Test
  void itGoesOnWhenTheDurationIsOver() throws IOException {
    String starter = TracedProgram.build("starter").toString();
    try (Memstacks memstacks = Memstacks.start("-f", "1", "-c", starter, "stay")) {
      memstacks.awaitSaid("goes on running as process ");
      Matcher said =
          Pattern.compile("goes on running as process (\\d+)\n").matcher(memstacks.errors());
      assertThat(said.find()).isTrue();
      ProcessHandle program = ProcessHandle.of(Long.parseLong(said.group(1))).orElseThrow();
      String status = Files.readString(Path.of("/proc", "" + program.pid(), "status"));
      // It has our stderr, which is read to its end.
      program.destroyForcibly();
      Result result = memstacks.result();

      assertThat(status).contains("State:\tS");
      assertThat(result.byCaller()).contains(entry("starter_main", 20_000L));
      assertThat(result.exit()).isZero();
    }
  }

  /** What suffices to attach suffices here: no CAP_SYS_ADMIN. */
  @Test
  void fourCapabilitiesSuffice() throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "setpriv", "--bounding-set=-all,+bpf,+perfmon,+sys_ptrace,+checkpoint_restore"));
    command.addAll(Memstacks.collector("memstacks"));
    String starter = TracedProgram.build("starter").toString();
    try (Memstacks memstacks = Memstacks.run(Redirect.PIPE, command, "-f", "-c", starter)) {
      memstacks.process().getOutputStream().close();
      Result result = memstacks.result();

      assertThat(result.byCaller()).contains(entry("starter_early", 100_000L));
      complete(result);
    }
  }

  /** Its dynamic linker says so on stderr, and it never begins. */
  @Test
  void aLibraryThatIsMissing() throws IOException {
    Path broken = directory.resolve("broken");
    Process compiler =
        new ProcessBuilder(
                "sh",
                "-c",
                "cd '%s' && echo 'int f(void){return 0;}' | cc -shared -fPIC -x c - -o libgone.so &&"
                        .formatted(directory)
                    + " echo 'int f(void); int main(void){return f();}' | cc -x c - -o broken -L. -lgone"
                    + " && rm libgone.so")
            .start();
    assertThat(compiler.onExit().join().exitValue()).isZero();
    Result result = run("-f", "-c", broken.toString());

    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.errors())
        .contains("libgone.so: cannot open shared object file")
        .contains(broken + " ended while its libraries were loaded: exit status 127");
  }

  @Test
  void itIsNotLeftBehindWhenItCannotBeTraced() throws IOException {
    Result result =
        run("-f", "-O", "libnone.so", "-c", TracedProgram.build("starter").toString(), "x");

    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.lines()).isEmpty();
    assertThat(result.errors())
        .contains("libnone.so", "was ended before it began to run")
        .doesNotContain("argument x");
  }

  @ParameterizedTest
  @CsvSource({
    "no-such-command, not found in PATH; a program in the current directory is ./no-such-command",
    "cat -n, 'not found in PATH; command and arguments are separate words'",
    "/no/such/command, there is no such file",
    "/etc, it is a directory",
  })
  void whatCannotBeStarted(String command, String said) throws IOException {
    refused(run("-f", "-c", command), said);
  }

  @Test
  void aScriptWithoutInterpreter() throws IOException {
    Path script = script("echo hello\n");
    refused(run("-f", "-c", script.toString()), "-c sh " + script + " runs it as a shell script");
  }

  private static void refused(Result result, String said) {
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.lines()).isEmpty();
    assertThat(result.errors()).contains(said).doesNotContain("was ended");
    assertThat(result.errors().lines()).hasSize(1);
  }

  private Path script(String text) throws IOException {
    Path script = Files.writeString(directory.resolve("script"), text);
    return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static void complete(Result result) {
    assertThat(result.errors()).doesNotContain("incomplete");
    assertThat(result.exit()).isZero();
  }

  private static Result run(String... arguments) throws IOException {
    try (Memstacks memstacks = Memstacks.start(arguments)) {
      memstacks.process().getOutputStream().close();
      return memstacks.result();
    }
  }
}
