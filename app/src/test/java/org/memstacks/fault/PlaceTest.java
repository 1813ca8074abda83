package org.memstacks.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryFiles;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.ResidentPages;

/** Lines of /proc/PID/maps, with what the kernel says of a page there. */
class PlaceTest {
  private static final long DISK = 8L << 20 | 1;
  private static final long TMPFS = 0x1c;
  private static final MemoryFiles FILES = new MemoryFiles(Set.of(TMPFS), Set.of(DISK));

  @ParameterizedTest
  @CsvSource({
    "rw-p 00000000 00:00 0,                          anonymous, [anonymous], ''",
    "rw-p 00000000 00:00 0 [anon:arena],             anonymous, [anonymous], arena",
    "rw-p 00000000 00:00 0 [heap],                   anonymous, [heap], ''",
    "rw-p 00000000 00:00 0 [stack],                  anonymous, [stack], ''",
    "r-xp 00000000 00:00 0 [vdso],                   file, [special], [vdso]",
    "r--s 00000000 08:01 7 /data/log,                file, [file], log",
    "r--p 00000000 08:01 7 /data/log,                file, [file], log",
    "rw-p 00000000 08:01 7 /data/log,                anonymous, [private copy of file], log",
    "rw-p 00000000 00:06 4 /dev/zero,                anonymous, [anonymous], ''",
    "rw-s 00000000 00:01 9 /dev/zero (deleted),      file, [shared], zero",
    "rw-s 00000000 00:01 9 /memfd:cache (deleted),   file, [shared], memfd:cache",
    "rw-p 00000000 00:01 9 /memfd:cache (deleted),   anonymous, [private copy of file], memfd:cache",
    "rw-s 00000000 00:01 9 /SYSV00000001 (deleted),  file, [shared], SYSV00000001",
    "rw-s 00000000 00:1c 9 /dev/shm/segment,         file, [shared], segment",
    "r--p 00000000 00:1c 9 /dev/shm/segment,         file, [shared], segment",
    "rw-s 00000000 08:01 9 /memfd:cache (deleted),   file, [file], memfd:cache",
    "rw-s 00000000 00:0e 5 anon_inode:[perf_event],  file, [shared], anon_inode:[perf_event]",
    "rw-p 00000000 00:10 8 /anon_hugepage (deleted), anonymous, [anonymous], anon_hugepage"
  })
  void thePageTellsMoreThanItsMapping(String line, String page, String label, String name)
      throws IOException {
    int kind = page.equals("file") ? ResidentPages.FILE : 0;
    Place place = Place.of(mapping(line), ResidentPages.PRESENT | kind, false, FILES);

    assertThat(place.kind().label()).isEqualTo(label);
    assertThat(place.name()).isEqualTo(name);
  }

  @ParameterizedTest
  @CsvSource({
    "rw-p 00000000 00:00 0,                 [stack of thread]",
    "rw-p 00000000 00:00 0 [heap],          [stack of thread]",
    "rw-p 00000000 08:01 7 /usr/bin/server, [stack of thread]"
  })
  void aThreadsStackIsOneWhereverItLies(String line, String label) throws IOException {
    assertThat(Place.of(mapping(line), ResidentPages.PRESENT, true, FILES).kind().label())
        .isEqualTo(label);
  }

  private static Mapping mapping(String line) throws IOException {
    String whole = "7f0000000000-7f0000010000 " + line + "\n";
    return MemoryMap.parse(new ByteArrayInputStream(whole.getBytes(StandardCharsets.ISO_8859_1)))
        .mappings()
        .getFirst();
  }
}
