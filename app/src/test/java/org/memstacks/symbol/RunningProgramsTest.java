package org.memstacks.symbol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.memstacks.elf.ElfFile;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.ProcessIdentity;
import org.memstacks.target.TargetFiles;

/** Names of programs whose files are gone, replaced, or in another mount namespace. */
@Timeout(60)
class RunningProgramsTest {
  private static final String SOURCE =
      """
      #include <stdio.h>
      #include <unistd.h>
      __attribute__((noinline)) int hidden_worker(void) { return getchar(); }
      int main(void) { puts("ready"); fflush(stdout); return hidden_worker(); }
      """;

  @TempDir Path directory;
  private Path program;
  private long worker;
  private Process process;

  @BeforeEach
  void compile() throws IOException, InterruptedException {
    assumeTrue(Files.exists(Path.of("/usr/bin/gcc")), "gcc is not installed");
    Path source = Files.writeString(directory.resolve("program.c"), SOURCE);
    program = directory.resolve("program");
    run("gcc", "-O1", "-o", program.toString(), source.toString());
    try (ElfFile elf = ElfFile.open(program)) {
      worker = elf.symbol("hidden_worker").orElseThrow().address();
    }
  }

  @AfterEach
  void end() throws InterruptedException {
    if (process != null) {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void aDeletedProgramIsReadAsItRuns() throws IOException {
    start(program.toString());
    Files.delete(program);
    assertThat(workerOf(process.pid())).isEqualTo("hidden_worker+0x1 [program]");
  }

  @Test
  void aReplacedProgramIsReadAsItRuns() throws IOException {
    start(program.toString());
    Path other = Files.copy(Path.of("/bin/true"), directory.resolve("other"));
    Files.move(other, program, StandardCopyOption.REPLACE_EXISTING);
    assertThat(workerOf(process.pid())).isEqualTo("hidden_worker+0x1 [program]");
  }

  @Test
  void aProgramInAnotherMountNamespaceIsReadThere() throws IOException {
    int user = ProcessIdentity.of(ProcessHandle.current().pid()).user();
    assumeTrue(user == 0, "this test needs root");
    assumeTrue(mayMount(), "this test needs CAP_SYS_ADMIN, to mount");
    Path hidden = Files.createDirectory(directory.resolve("hidden"));
    start(
        "unshare",
        "--mount",
        "sh",
        "-c",
        "mount -t tmpfs none \"$1\" && cp \"$2\" \"$1/inside\" && exec \"$1/inside\"",
        "sh",
        hidden.toString(),
        program.toString());
    assertThat(hidden.resolve("inside")).doesNotExist();
    assertThat(workerOf(process.pid())).isEqualTo("hidden_worker+0x1 [inside]");
  }

  private static boolean mayMount() throws IOException {
    try {
      return new ProcessBuilder("unshare", "--mount", "true").start().waitFor() == 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Test
  void aProcessThatEndedIsNamedByWhatWasOpenedBefore() throws Exception {
    start(program.toString());
    MemoryMap map = MemoryMap.of(process.pid());
    TargetFiles files = new TargetFiles(process.pid());
    try (Symbolizer symbolizer =
        new Symbolizer(files::openObject, DebugFiles.of(files), Demangler.create())) {
      symbolizer.add(map);
      long address = addressOfWorker(map, files);
      process.destroyForcibly().waitFor();
      assertThat(symbolizer.frame(address, true).function()).isEqualTo("hidden_worker");
    }
  }

  @Test
  void codeOfARunningJvmIsNamedByItsPerfMap() throws Exception {
    long pid = ProcessHandle.current().pid();
    Path jcmd = Path.of(System.getProperty("java.home"), "bin/jcmd");
    assumeTrue(Files.exists(jcmd), "jcmd is not installed");
    run(jcmd.toString(), Long.toString(pid), "Compiler.perfmap");
    Path file = Path.of("/tmp/perf-" + pid + ".map");
    List<String> lines = Files.readAllLines(file);
    TargetFiles files = new TargetFiles(pid);
    try (Symbolizer symbolizer = new Symbolizer(files::openObject, Demangler.create());
        FileChannel channel = PerfMapFile.open(files, ProcessIdentity.of(pid)).orElseThrow()) {
      symbolizer.add(MemoryMap.of(pid));
      symbolizer.readPerfMap(channel);
      int checked = 0;
      for (String line : lines) {
        String[] fields = line.split(" ", 3);
        long start = Long.decode(fields[0].startsWith("0x") ? fields[0] : "0x" + fields[0]);
        assertThat(symbolizer.frame(start, true).function()).isEqualTo(fields[2].strip());
        checked++;
      }
      assertThat(checked).isGreaterThan(100);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private String workerOf(long pid) throws IOException {
    MemoryMap map = MemoryMap.of(pid);
    TargetFiles files = new TargetFiles(pid);
    try (Symbolizer symbolizer = new Symbolizer(files::openObject, Demangler.create())) {
      symbolizer.add(map);
      assertThat(symbolizer.problems()).isEmpty();
      return symbolizer
          .frame(addressOfWorker(map, files) + 1, true)
          .text(new FrameStyle(true, true));
    }
  }

  private long addressOfWorker(MemoryMap map, TargetFiles files) throws IOException {
    Mapping code = map.executable().getFirst();
    try (ElfFile elf = files.openObject(code)) {
      return worker + elf.loadBias(code.start(), code.offset()).orElseThrow();
    }
  }

  private void start(String... command) throws IOException {
    process = new ProcessBuilder(command).start();
    assertThat(process.inputReader().readLine()).isEqualTo("ready");
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process running =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(running.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(running.exitValue()).isZero();
  }
}
