package org.memstacks.unwind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.memstacks.elf.ElfFile;

class UnwindCacheTest {
  private static final Path LIBRARY =
      Path.of(System.getProperty("java.home"), "lib/server/libjvm.so");

  @TempDir Path home;
  private ElfFile elf;
  private UnwindTable expected;

  @BeforeEach
  void openALargeLibrary() throws IOException {
    elf = ElfFile.open(LIBRARY);
    assumeTrue(elf.buildId().isPresent(), LIBRARY + " has no build ID");
    expected = UnwindTable.build(elf, Runnable::run).orElseThrow();
  }

  @Test
  void keepsATableAndFindsItAgain() throws IOException {
    UnwindCache cache = UnwindCache.ofUser(Map.of("HOME", home.toString()));
    assertThat(get(cache)).isEqualTo(expected.rows());
    Path file = onlyFile(home.resolve(".cache/memstacks"));
    assertThat(file.getFileName()).hasToString(elf.buildId().orElseThrow() + ".rows");
    long written = Files.getLastModifiedTime(file).toMillis();
    assertThat(get(cache)).isEqualTo(expected.rows());
    assertThat(Files.getLastModifiedTime(file).toMillis()).isEqualTo(written);
  }

  @Test
  void onlyTheUserCanReadIt() throws IOException {
    UnwindCache cache = UnwindCache.ofUser(Map.of("XDG_CACHE_HOME", home.toString()));
    get(cache);
    Path directory = home.resolve("memstacks");
    assertThat(permissions(directory)).isEqualTo("rwx------");
    assertThat(permissions(onlyFile(directory))).isEqualTo("rw-------");
  }

  @Test
  void aDamagedFileIsNotBelieved() throws IOException {
    UnwindCache cache = UnwindCache.in(home.resolve("c"));
    get(cache);
    Path file = onlyFile(home.resolve("c"));
    byte[] good = Files.readAllBytes(file);
    for (int at : new int[] {0, 4, 8, 20, UnwindCache.HEADER + 100, good.length - 1}) {
      byte[] bad = good.clone();
      bad[at] ^= 1;
      Files.write(file, bad);
      assertThat(get(cache)).as("byte %d changed", at).isEqualTo(expected.rows());
      assertThat(Files.readAllBytes(file)).isEqualTo(good);
    }
    Files.write(file, Arrays.copyOf(good, 60));
    assertThat(get(cache)).isEqualTo(expected.rows());
  }

  @Test
  void anotherObjectUnderTheSameBuildIdIsNotBelieved() throws IOException {
    UnwindCache cache = UnwindCache.in(home.resolve("c"));
    get(cache);
    Path file = onlyFile(home.resolve("c"));
    byte[] image = Files.readAllBytes(LIBRARY);
    long frames = elf.section(".eh_frame").orElseThrow().offset();
    // The CIE's first instruction: CFA = rsp+8 becomes rsp+16.
    image[(int) frames + 0x13] = 16;
    try (ElfFile forged = ElfFile.of(MemorySegment.ofArray(image), "forged")) {
      UnwindTable table = cache.table(forged, Runnable::run).orElseThrow();
      assertThat(table.rows()).isNotEqualTo(expected.rows());
    }
    assertThat(get(cache)).isEqualTo(expected.rows());
    assertThat(Files.exists(file)).isTrue();
  }

  @Test
  void aDirectoryOthersCanWriteToIsNotUsed() throws IOException {
    Path directory = Files.createDirectory(home.resolve("open"));
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(UnwindCache.in(directory).isUsable()).isFalse();
    Path link = Files.createSymbolicLink(home.resolve("link"), directory);
    assertThat(UnwindCache.in(link).isUsable()).isFalse();
    assertThat(UnwindCache.ofUser(Map.of()).isUsable()).isFalse();
    assertThat(get(UnwindCache.none())).isEqualTo(expected.rows());
  }

  @Test
  void aDirectoryThatOthersCanExchangeIsNotUsed() throws IOException {
    Path theirs = Files.createDirectory(home.resolve("theirs"));
    Path cache = theirs.resolve(".cache/memstacks");
    Files.setPosixFilePermissions(theirs, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(UnwindCache.in(cache).isUsable()).isFalse();
    assertThat(Files.exists(theirs.resolve(".cache"))).isFalse();
    Files.setPosixFilePermissions(theirs, PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThat(UnwindCache.in(cache).isUsable()).isTrue();
    assumeTrue(Files.getAttribute(theirs, "unix:uid").equals(0), "only root gives files away");
    Files.setAttribute(theirs, "unix:uid", 65_534);
    assertThat(UnwindCache.in(cache).isUsable()).isFalse();
  }

  private long[] get(UnwindCache cache) throws IOException {
    return cache.table(elf, Runnable::run).orElseThrow().rows();
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  private static Path onlyFile(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> all = files.toList();
      assertThat(all).hasSize(1);
      return all.getFirst();
    }
  }
}
