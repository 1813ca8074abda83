package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.memstacks.mapping.RangeMap;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;

/** Maps as /proc/PID/maps shows them. */
class AddressSpaceGrowthTest {
  private static final String PROGRAM =
      """
      400000-401000 r-xp 00000000 08:01 11 /usr/bin/app
      401000-402000 rw-p 00001000 08:01 11 /usr/bin/app
      """;

  private static List<String> grown(String before, String after) throws IOException {
    RangeMap<Mapping> grown = new RangeMap<>();
    AddressSpaceGrowth.grownIn(map(after), map(before), grown);
    return ranges(grown);
  }

  private static List<String> ranges(RangeMap<Mapping> mapped) {
    List<String> ranges = new ArrayList<>();
    mapped.all().forEach(range -> ranges.add("%x-%x".formatted(range.start(), range.end())));
    return ranges;
  }

  private static MemoryMap map(String text) throws IOException {
    return MemoryMap.parse(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void whatIsThereOnlyAtTheEndHasGrown() throws IOException {
    assertThat(
            grown(
                PROGRAM
                    + """
                    500000-600000 rw-p 00000000 00:00 0 [heap]
                    700000-800000 rw-p 00000000 00:00 0
                    """,
                PROGRAM
                    + """
                    500000-610000 rw-p 00000000 00:00 0 [heap]
                    6f0000-750000 rw-p 00000000 00:00 0
                    900000-910000 r--s 00000000 08:01 77 /var/data
                    a00000-a10000 rw-p 00000000 00:00 0 [anon:pool]
                    """))
        .containsExactly("600000-610000", "6f0000-700000", "900000-910000", "a00000-a10000");
  }

  @Test
  void whatTheDynamicLinkerAndTheKernelMapDoesNotCount() throws IOException {
    assertThat(
            grown(
                PROGRAM,
                PROGRAM
                    + """
                    700000-701000 r--p 00000000 08:01 22 /lib/plugin.so
                    701000-702000 r-xp 00001000 08:01 22 /lib/plugin.so
                    702000-703000 rw-p 00002000 08:01 22 /lib/plugin.so
                    703000-708000 rw-p 00000000 00:00 0
                    7fe000-7ff000 --xp 00000000 00:00 0 [uprobes]
                    800000-900000 rw-p 00000000 00:00 0 [stack]
                    901000-902000 r-xp 00000000 00:00 0 [vdso]
                    """))
        .isEmpty();
  }

  @Test
  void whatIsMerelyReservedIsNoMemory() throws IOException {
    RangeMap<Mapping> memory =
        AddressSpaceGrowth.memoryOf(
            map(
                PROGRAM
                    + """
                    500000-600000 rw-p 00000000 00:00 0 [heap]
                    700000-704000 ---p 00000000 00:00 0
                    704000-708000 rw-p 00000000 00:00 0
                    708000-70c000 ---p 00000000 00:00 0
                    900000-910000 r--s 00000000 08:01 77 /var/data
                    """));
    assertThat(ranges(memory)).containsExactly("704000-708000", "900000-910000");
  }
}
