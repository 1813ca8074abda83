package org.memstacks.symbol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.memstacks.target.ProcessIdentity;
import org.memstacks.target.TargetFiles;

/** This process stands for the runtime; the number is one no process can have. */
@Timeout(20)
class PerfMapFileTest {
  private static final long NUMBER = 99_999_999_001L;
  private static final Path FILE = Path.of("/tmp/perf-" + NUMBER + ".map");

  @TempDir Path directory;

  private final TargetFiles files = new TargetFiles(ProcessHandle.current().pid());

  @AfterEach
  void clean() throws IOException {
    Files.deleteIfExists(FILE);
  }

  @Test
  void readsTheFileOfTheProcessItself() throws IOException {
    Files.writeString(FILE, "1000 10 method\n");
    try (FileChannel channel = PerfMapFile.open(files, us()).orElseThrow()) {
      assertThat(PerfMap.read(channel).size()).isEqualTo(1);
    }
  }

  @Test
  void oneThatGrewSinceItWasOpenedIsReadAsItIsNow() throws IOException {
    Files.writeString(FILE, "1000 10 method\n");
    try (FileChannel channel = PerfMapFile.open(files, us()).orElseThrow()) {
      Files.writeString(FILE, "1000 10 method\n2000 10 other\n");
      Files.delete(FILE);
      assertThat(PerfMap.read(channel).size()).isEqualTo(2);
    }
  }

  @Test
  void mostProcessesHaveNone() throws IOException {
    assertThat(PerfMapFile.open(files, us())).isEmpty();
  }

  @Test
  void aFifoALinkOutAndAnotherUsersFileAreRefused() throws IOException, InterruptedException {
    assertThat(new ProcessBuilder("mkfifo", FILE.toString()).start().waitFor()).isZero();
    assertThatThrownBy(() -> PerfMapFile.open(files, us()))
        .hasMessageContaining("not a regular file");
    Files.delete(FILE);
    Files.createSymbolicLink(FILE, Path.of("/proc/self/exe"));
    assertThatThrownBy(() -> PerfMapFile.open(files, us())).isInstanceOf(IOException.class);
    Files.delete(FILE);
    try (var sparse = new RandomAccessFile(FILE.toFile(), "rw")) {
      sparse.setLength(PerfMap.MAX_SIZE + 1);
    }
    assertThatThrownBy(() -> PerfMapFile.open(files, us())).hasMessageContaining("is larger than");
  }

  /** Another user's process could link a file there that only root may read. */
  @Test
  void rootsOwnFileIsReadForAnotherUserButNoLinkToOne() throws IOException {
    assumeTrue(us().user() == 0, "only root has files that others cannot read");
    ProcessIdentity other = new ProcessIdentity(NUMBER, 65_534);
    Files.writeString(FILE, "1000 10 method\n");
    PerfMapFile.open(files, other).orElseThrow().close();

    Path secret = Files.move(FILE, directory.resolve("secret"));
    Files.createSymbolicLink(FILE, secret);
    assertThatThrownBy(() -> PerfMapFile.open(files, other)).isInstanceOf(IOException.class);
    PerfMapFile.open(files, us()).orElseThrow().close();
    Files.delete(FILE);
    Files.writeString(FILE, "1000 10 method\n");
    Path second = Path.of(FILE + ".second");
    Files.createLink(second, FILE);
    try {
      assertThatThrownBy(() -> PerfMapFile.open(files, other)).isInstanceOf(IOException.class);
    } finally {
      Files.delete(second);
    }
  }

  private static ProcessIdentity us() throws IOException {
    return new ProcessIdentity(NUMBER, ProcessIdentity.of(ProcessHandle.current().pid()).user());
  }
}
