package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/**
 * Files that a process has mapped as code and that are no code, or no longer what was mapped: they
 * are looked at within bounds, named, and what is traced is traced all the same.
 */
@LiveKernel
@Timeout(60)
class HostileFilesTest {
  private static final List<String> MAPPED =
      List.of("cut.so", "tiny.so", "huge.so", "random.so", "header.so", "swapped.so");

  @TempDir Path directory;

  @BeforeEach
  void files() throws Exception {
    byte[] object = Files.readAllBytes(TracedProgram.build("nobpf.so"));
    byte[] random = new byte[100_000];
    new Random(1).nextBytes(random);
    Files.write(directory.resolve("cut.so"), Arrays.copyOf(object, object.length / 2));
    Files.write(directory.resolve("tiny.so"), Arrays.copyOf(object, 40));
    try (RandomAccessFile huge =
        new RandomAccessFile(directory.resolve("huge.so").toFile(), "rw")) {
      huge.write(object);
      huge.setLength(1L << 40);
    }
    Files.write(directory.resolve("random.so"), random);
    System.arraycopy(object, 0, random, 0, 64);
    Files.write(directory.resolve("header.so"), random);
    Files.write(directory.resolve("swapped.so"), object);
  }

  @Test
  void whatIsMappedBesideDoesNotMatter() throws Exception {
    try (TracedProgram program = mapper()) {
      swap();
      try (Memstacks memstacks = Memstacks.attach("-f", "-p", "" + program.pid())) {
        program.begin();
        Map<String, Truth> truth = program.truth();
        Result result = memstacks.stop();

        assertThat(result.byCaller()).isEqualTo(TracedProgram.nonZero(truth, Truth::unfreedBytes));
        assertThat(result.exit()).isZero();
      }
      try (Memstacks check = Memstacks.start("--check", "-p", "" + program.pid())) {
        Result result = check.result();
        assertThat(result.lines())
            .anyMatch(line -> line.endsWith("/tiny.so: is too short for ELF (40 bytes)"));
        assertThat(result.exit()).isZero();
      }
      assertThat(program.end()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "cut.so, lies outside the file",
    "tiny.so, is too short for ELF",
    "huge.so, bytes are more than an object has",
    "random.so, is not ELF",
    "header.so, lies outside the file",
  })
  void whatIsNoObjectIsNamedAsSuch(String file, String reason) throws Exception {
    try (TracedProgram program = mapper()) {
      String message = refusal(program, file);
      assertThat(message)
          .startsWith("memstacks: " + file + " is no object that can be read (")
          .contains(directory + "/" + file)
          .contains(reason)
          .endsWith("; leave -O out to search every object of process " + program.pid() + "\n");
    }
  }

  /** What lies under its name now is never opened: that could block for ever. */
  @Test
  void aPipeInTheNameOfAnObjectIsLeftAlone() throws Exception {
    try (TracedProgram program = mapper()) {
      swap();
      assertThat(refusal(program, directory.resolve("swapped.so").toString()))
          .endsWith(
              "swapped.so defines no malloc; leave -O out to search every object of process "
                  + program.pid()
                  + "\n");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/pipe", "/dev/zero", "/proc/kcore", "nothing.so"})
  void whatIsNotMappedIsNotOpened(String name) throws Exception {
    makePipe(directory.resolve("pipe"));
    try (TracedProgram program = mapper()) {
      String object = name.isEmpty() || name.equals("/pipe") ? directory + name : name;
      assertThat(refusal(program, object))
          .startsWith(
              "memstacks: process "
                  + program.pid()
                  + " (mapper) has not loaded an object named "
                  + object
                  + (name.isEmpty() ? " (a directory)" : "")
                  + "; loaded are mapper, ");
    }
  }

  private TracedProgram mapper() throws IOException {
    return TracedProgram.start(
        "mapper",
        MAPPED.stream().map(file -> directory.resolve(file).toString()).toArray(String[]::new));
  }

  private void swap() throws Exception {
    Files.delete(directory.resolve("swapped.so"));
    makePipe(directory.resolve("swapped.so"));
  }

  private static void makePipe(Path path) throws Exception {
    assertThat(new ProcessBuilder("mkfifo", path.toString()).start().waitFor()).isZero();
  }

  private static String refusal(TracedProgram program, String object) throws IOException {
    try (Memstacks memstacks = Memstacks.start("-O", object, "-p", "" + program.pid(), "5")) {
      Result result = memstacks.result();
      assertThat(result.exit()).isEqualTo(1);
      assertThat(result.lines()).isEmpty();
      assertThat(result.errors().lines()).hasSize(1);
      return result.errors();
    }
  }
}
