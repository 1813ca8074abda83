package org.memstacks.unwind;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.memstacks.elf.ElfBuilder;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.Mutations;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;

/** A damaged .eh_frame gives sorted rows or an IOException, in bounded time and memory. */
class UnwindFuzzTest {
  private static final long SEED = 7;

  @Test
  @Timeout(3600)
  void framesThatLie() throws IOException {
    byte[] original =
        new EhFrameBuilder()
            .function(0x1000, 0x1040, 0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x0a, 0x50, 0x0b)
            .function(0x1040, 0x1080, 0x0f, 3, 0x76, 0x78, 6, 0x10, 6, 2, 0x76, 0)
            .function(0x1080, 0x10c0, 0x02, 20, 0x0e, 0x80, 1, 0x03, 1, 0, 0x2e, 8, 0xc6)
            .function(0x1100, 0x1140, 0x16, 7, 2, 0x77, 8, 0x04, 2, 0, 0, 0, 0x0c, 6, 16)
            .section();
    Mutations mutations = new Mutations(SEED);
    int built = 0;
    for (int i = 0; i < Mutations.iterations(30_000); i++) {
      byte[] section = mutations.of(original);
      byte[] object =
          new ElfBuilder().section(".eh_frame", 1, EhFrameBuilder.ADDRESS, section).bytes();
      built += build(object, section.length) ? 1 : 0;
    }
    assertThat(built).isGreaterThan(Mutations.iterations(30_000) / 4);
  }

  /** The whole image damaged, .eh_frame_hdr and program headers included. */
  @Test
  @Timeout(3600)
  void objectsThatLie() throws IOException {
    long pid = ProcessHandle.current().pid();
    Mapping vdso =
        MemoryMap.of(pid).executable().stream().filter(Mapping::isVdso).findFirst().orElseThrow();
    byte[] original = new byte[(int) (vdso.end() - vdso.start())];
    try (RandomAccessFile memory = new RandomAccessFile("/proc/self/mem", "r")) {
      memory.seek(vdso.start());
      memory.readFully(original);
    }
    int built = 0;
    Mutations mutations = new Mutations(SEED);
    for (int i = 0; i < Mutations.iterations(20_000); i++) {
      byte[] object = mutations.of(original);
      if (i % 2 == 0 && object.length > 64) {
        // Without section headers, so that the way goes through .eh_frame_hdr.
        Arrays.fill(object, 40, 48, (byte) 0);
      }
      built += build(object, object.length) ? 1 : 0;
    }
    assertThat(built).isGreaterThan(Mutations.iterations(20_000) / 4);
  }

  private static boolean build(byte[] object, int frames) {
    try (ElfFile elf = ElfFile.of(MemorySegment.ofArray(object), "fuzz")) {
      Optional<UnwindTable> table = UnwindTable.build(elf, Runnable::run);
      if (table.isEmpty()) {
        return false;
      }
      long[] rows = table.get().rows();
      assertThat(rows.length).as("rows for each byte of .eh_frame").isLessThan(4 * frames + 16);
      for (int i = 1; i < rows.length; i++) {
        if (UnwindRow.pc(rows[i - 1]) >= UnwindRow.pc(rows[i])
            || UnwindRow.rule(rows[i - 1]) == UnwindRow.rule(rows[i])) {
          throw new AssertionError(
              "rows %d and %d: %x %x".formatted(i - 1, i, rows[i - 1], rows[i]));
        }
      }
      assertThat(UnwindRow.type(UnwindRow.rule(rows[rows.length - 1]))).isEqualTo(UnwindRow.GAP);
      return true;
    } catch (IOException e) {
      assertThat(e.getMessage()).hasSizeLessThan(400);
      return false;
    }
  }
}
