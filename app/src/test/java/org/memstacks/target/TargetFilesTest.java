package org.memstacks.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.memstacks.elf.ElfFile;

/** This process stands for the one traced. */
@Timeout(20)
class TargetFilesTest {
  private static final String CHROOT =
      "import os, sys, time; os.chroot(sys.argv[1]); print('ready', flush=True); time.sleep(100)";

  @TempDir Path directory;
  private final TargetFiles files = new TargetFiles(ProcessHandle.current().pid());

  @Test
  void opensTheObjectsMapped() throws IOException {
    MemoryMap map = MemoryMap.of(ProcessHandle.current().pid());
    for (String name : new String[] {"libjvm.so", "[vdso]"}) {
      Mapping mapping =
          map.executable().stream().filter(m -> m.moduleName().equals(name)).findFirst().get();
      try (ElfFile elf = files.openObject(mapping)) {
        assertThat(elf.buildId()).isPresent();
        assertThat(elf.loadBias(mapping.start(), mapping.offset())).isPresent();
      }
    }
  }

  @Test
  void refusesMemoryWithoutAFile() throws IOException {
    Mapping stack = new Mapping(0x1000, 0x2000, Mapping.READ, 0, 0, 0, "[stack]", false);
    assertThatThrownBy(() -> files.openObject(stack)).hasMessageContaining("no file lies behind");
  }

  @Test
  void refusesAFileThatTookThePlaceOfTheOneMapped() throws IOException {
    Path replaced = Files.writeString(directory.resolve("lib.so"), "other");
    Mapping mapping = new Mapping(0x1000, 0x2000, 5, 0, 1, 1, replaced.toString(), false);
    assertThatThrownBy(() -> files.openObject(mapping)).hasMessageContaining("was replaced");
  }

  @Test
  void readsARegularFileOfTheRightOwner() throws IOException {
    Path file = Files.writeString(directory.resolve("perf-1.map"), "text");
    int owner = (Integer) Files.getAttribute(file, "unix:uid");
    try (var in = files.open(file.toString(), 100, OptionalInt.of(owner))) {
      assertThat(in.readAllBytes()).asString().isEqualTo("text");
    }
    assertThatThrownBy(() -> files.open(file.toString(), 100, OptionalInt.of(owner + 1)))
        .hasMessageContaining("belongs to user");
    assertThatThrownBy(() -> files.open(file.toString(), 3, OptionalInt.empty()))
        .hasMessageContaining("larger than 3 bytes");
  }

  @Test
  void neverOpensAFifoOrADevice() throws Exception {
    Path fifo = directory.resolve("fifo");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    for (String path : new String[] {fifo.toString(), "/dev/null", directory.toString()}) {
      assertThatThrownBy(() -> files.open(path, 100, OptionalInt.empty()))
          .hasMessageContaining("is not a regular file");
    }
  }

  @Test
  void linksThroughProcDoNotLeadOut() throws IOException {
    Path link = Files.createSymbolicLink(directory.resolve("l"), Path.of("/proc/self/exe"));
    assertThatThrownBy(() -> files.open(link.toString(), 1 << 30, OptionalInt.empty()))
        .isInstanceOf(IOException.class);
    Files.delete(link);
  }

  @Test
  void absoluteLinksStayInsideTheRoot() throws IOException {
    Files.writeString(directory.resolve("secret"), "inside");
    Files.createSymbolicLink(directory.resolve("absolute"), Path.of("/secret"));
    Files.createSymbolicLink(directory.resolve("dots"), Path.of("../../../../secret"));
    int root = NativeOpen.directory(directory.toString());
    for (String link : new String[] {"/absolute", "/dots"}) {
      try (var channel = NativeOpen.below(root, link, true, link).channel()) {
        assertThat(channel.size()).isEqualTo("inside".length());
      }
    }
    NativeOpen.close(root);
  }

  @Test
  void filesOfAProcessThatEndedCanStillBeOpened() throws Exception {
    Path file = Files.writeString(directory.resolve("debug"), "data");
    Process process = new ProcessBuilder("sleep", "100").start();
    try (TargetFiles theirs = new TargetFiles(process.pid())) {
      process.destroyForcibly().waitFor();
      try (var channel = theirs.openChannel(file.toString(), 100, OptionalInt.empty())) {
        assertThat(channel.size()).isEqualTo("data".length());
      }
    }
  }

  @Test
  void aProcessInAChrootKnowsItsFilesByOtherPaths() throws Exception {
    assumeTrue(ProcessIdentity.of(ProcessHandle.current().pid()).user() == 0, "chroot needs root");
    assumeTrue(Files.exists(Path.of("/usr/bin/python3")), "python3 is not installed");
    Path root = Files.createDirectory(directory.resolve("root"));
    Files.writeString(root.resolve("file"), "data");
    Process process =
        new ProcessBuilder("python3", "-c", CHROOT, root.toString())
            .redirectErrorStream(true)
            .start();
    try {
      assertThat(process.inputReader().readLine()).isEqualTo("ready");
      try (TargetFiles theirs = new TargetFiles(process.pid())) {
        assertThat(theirs.inside(root + "/file")).isEqualTo("/file");
        assertThat(theirs.inside(root + "side/file")).isEqualTo(root + "side/file");
        theirs.openChannel("/file", 100, OptionalInt.empty()).close();
      }
    } finally {
      process.destroyForcibly();
    }
  }
}
