package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.memstacks.bpf.Layouts.CodeMapping;
import org.memstacks.elf.ElfFile;
import org.memstacks.unwind.UnwindTable;

/** What the kernel is given of a process's code. */
class CodeTablesTest {
  private static final Path OBJECT = Path.of(System.getProperty("java.home"), "lib", "libjava.so");
  private static final int MAPPINGS = 4;

  private long[] rows = new long[1 << 17];
  private final long[] pages = new long[1 << 17];
  private final long[] mappings =
      new long[Math.toIntExact(2 * MAPPINGS * CodeMapping.SIZE / Long.BYTES)];

  /** Each way of attaching that is tried has tables of its own; the first may be refused. */
  @Test
  void aModuleIsWrittenIntoEveryTableItIsPublishedIn() throws IOException {
    CodeModule module;
    try (ElfFile elf = ElfFile.open(OBJECT)) {
      module = new CodeModule(UnwindTable.build(elf, Runnable::run));
    }
    List<CodeArea> code = List.of(new CodeArea(0x1000, 0x100000, 0, module));
    publish(code);
    long[] first = rows.clone();
    long[] firstPages = pages.clone();
    long[] firstMappings = mappings.clone();
    Arrays.fill(rows, 0);
    Arrays.fill(pages, 0);
    publish(code);

    assertThat(module.rows()).isPositive();
    assertThat(Arrays.equals(first, new long[rows.length])).isFalse();
    assertThat(rows).isEqualTo(first);
    assertThat(pages).isEqualTo(firstPages);
    assertThat(mappings).isEqualTo(firstMappings);
  }

  @Test
  void whatHasNoRoomIsSaid() throws IOException {
    CodeModule module;
    try (ElfFile elf = ElfFile.open(OBJECT)) {
      module = new CodeModule(UnwindTable.build(elf, Runnable::run));
    }
    CodeArea area = new CodeArea(0x1000, 0x100000, 0, module);
    assertThat(publish(List.of(area)).shortages()).isEmpty();

    List<CodeArea> tooMany = Collections.nCopies(MAPPINGS + 3, area);
    assertThat(publish(tooMany).shortages())
        .singleElement(STRING)
        .startsWith("3 executable mappings are too many");

    rows = new long[module.rows() - 1];
    assertThat(publish(List.of(area, area)).shortages())
        .singleElement(STRING)
        .contains("in 1 objects");
  }

  private CodeTables publish(List<CodeArea> code) {
    CodeTables tables =
        new CodeTables(
            MemorySegment.ofArray(mappings),
            MemorySegment.ofArray(rows),
            MemorySegment.ofArray(pages),
            MemorySegment.ofArray(new long[16]),
            MAPPINGS);
    tables.publish(code, 0);
    return tables;
  }
}
