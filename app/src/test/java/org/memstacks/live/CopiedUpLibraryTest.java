package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;

/** overlayfs, as containers have it: a file that is touched becomes another one below its name. */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class CopiedUpLibraryTest {
  private static final String CONTAINER =
      """
      set -e
      mount -t tmpfs none "$1" && cd "$1" && mkdir lower upper work merged
      cp "$2" lower/program
      cp "$(ldd "$2" | sed -n 's/.*libc.so.6 => \\([^ ]*\\).*/\\1/p')" lower/libc.so.6
      mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
      LD_LIBRARY_PATH="$1/merged" exec merged/program
      """;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"session", "multi", "perf"})
  void probesThatWouldSeeNothingAreRefused(String attach) throws Exception {
    try (TracedProgram program =
        TracedProgram.start(
            Map.of(),
            List.of(
                "unshare",
                "--mount",
                "sh",
                "-c",
                CONTAINER,
                "sh",
                directory.toString(),
                TracedProgram.build("pool").toString()))) {
      String pid = "" + program.pid();
      touch(program.pid());

      assertRefused(Memstacks.start("-f", "--attach=" + attach, "-p", pid, "5"));
      assertRefused(Memstacks.start("--check", "--attach=" + attach, "-p", pid));
    }
  }

  private void touch(int pid) throws IOException, InterruptedException {
    Process touch =
        new ProcessBuilder(
                "nsenter",
                "--target=" + pid,
                "--mount",
                "touch",
                directory.resolve("merged/libc.so.6").toString())
            .inheritIO()
            .start();
    assertThat(touch.waitFor()).isZero();
  }

  private static void assertRefused(Memstacks run) throws IOException {
    try (run) {
      Result result = run.result();
      assertThat(result.exit()).isEqualTo(1);
      assertThat(String.join("\n", result.lines()) + result.errors())
          .contains("merged/libc.so.6 do not reach process")
          .contains("the kernel put them into another copy of that file");
    }
  }
}
