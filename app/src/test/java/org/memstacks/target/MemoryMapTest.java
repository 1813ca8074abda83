package org.memstacks.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryMapTest {
  @Test
  void readsEveryFieldOfALine() throws IOException {
    Mapping mapping =
        parse("7f0012345000-7f0012347000 r-xp 00026000 fe:01 260386    /usr/lib/libc.so.6\n")
            .mappings()
            .getFirst();
    assertThat(mapping)
        .isEqualTo(
            new Mapping(
                0x7f0012345000L,
                0x7f0012347000L,
                Mapping.READ | Mapping.EXECUTE,
                0x26000,
                0xfeL << 20 | 1,
                260386,
                "/usr/lib/libc.so.6",
                false));
    assertThat(mapping.moduleName()).isEqualTo("libc.so.6");
    assertThat(mapping.isFile()).isTrue();
  }

  @Test
  void undoesWhatTheKernelAddsToNames() throws IOException {
    assertThat(parse("1000-2000 r-xp 0 0:1 9 /tmp/a b\\012c (deleted)\n").mappings().getFirst())
        .satisfies(m -> {
          assertThat(m.rawName()).isEqualTo("/tmp/a b\nc");
          assertThat(m.deleted()).isTrue();
        });
  }

  @Test
  void keepsNamesThatAreNotUtf8() throws IOException {
    byte[] line = "1000-2000 r-xp 0 0:1 9 /x/\0.so\n".getBytes(StandardCharsets.ISO_8859_1);
    line[26] = (byte) 0xff;
    Mapping mapping = MemoryMap.parse(new ByteArrayInputStream(line)).mappings().getFirst();
    assertThat(mapping.rawName()).isEqualTo("/x/\u00ff.so");
    assertThat(mapping.name()).isEqualTo("/x/\ufffd.so");
  }

  @Test
  void findsTheMappingOfAnAddress() throws IOException {
    MemoryMap map =
        parse(
            """
            1000-2000 r-xp 00000000 00:01 9                          /a
            2000-3000 rw-p 00000000 00:00 0\s
            ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]
            """);
    assertThat(map.find(0xfff)).isEmpty();
    assertThat(map.find(0x1000)).hasValueSatisfying(m -> assertThat(m.rawName()).isEqualTo("/a"));
    assertThat(map.find(0x2fff)).hasValueSatisfying(m -> assertThat(m.rawName()).isEmpty());
    assertThat(map.find(0x3000)).isEmpty();
    assertThat(map.find(0xffffffffff600400L)).isPresent();
    assertThat(map.executable()).hasSize(2);
  }

  @Test
  void takesFromAnotherOneWhatItDoesNotHave() throws IOException {
    MemoryMap map =
        parse(
            """
            2000-4000 rw-p 00000000 00:01 9 /a
            5000-6000 rw-p 00000000 00:01 9 /b
            ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]
            """);
    MemoryMap later =
        parse(
            """
            1000-3000 rw-p 00001000 00:01 9 /c
            3000-7000 rw-p 00000000 00:01 9 /d
            8000-9000 rw-p 00000000 00:01 9 /e
            ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]
            """);

    assertThat(map.with(later).mappings())
        .extracting(m -> "%s %x-%x at %x".formatted(m.rawName(), m.start(), m.end(), m.offset()))
        .containsExactly(
            "/c 1000-2000 at 1000",
            "/a 2000-4000 at 0",
            "/d 4000-5000 at 1000",
            "/b 5000-6000 at 0",
            "/d 6000-7000 at 3000",
            "/e 8000-9000 at 0",
            "[vsyscall] ffffffffff600000-ffffffffff601000 at 0");
  }

  @ParameterizedTest
  @CsvSource({"2, 4, true", "2, 6, true", "3, 7, false", "1, 3, false", "8, 9, false"})
  void knowsWhetherItHoldsPages(long first, long end, boolean held) throws IOException {
    MemoryMap map =
        parse(
            """
            2000-4000 rw-p 00000000 00:01 9 /a
            4000-6000 rw-p 00000000 00:01 9 /b
            """);

    assertThat(
            map.holds(new ResidentPages.Builder().add(first, end, ResidentPages.PRESENT).build()))
        .isEqualTo(held);
  }

  @Test
  void leavesOutLinesThatAreNotMappings() throws IOException {
    assertThat(
            parse("\nnonsense\n2000-1000 r-xp 0 0:1 9 /a\n1000-2000 r-x\n" + "9".repeat(99) + "\n")
                .mappings())
        .isEmpty();
  }

  @Test
  void readsThisProcess() throws IOException {
    MemoryMap map = MemoryMap.of(ProcessHandle.current().pid());
    assertThat(map.mappings()).anyMatch(m -> m.moduleName().equals("libjvm.so"));
    assertThat(map.mappings()).anyMatch(Mapping::isVdso);
  }

  private static MemoryMap parse(String text) throws IOException {
    return MemoryMap.parse(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }
}
