package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.memstacks.elf.ElfFile;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;

/** A debugger that takes the probes away, as gdb does when it removes an older breakpoint. */
@LiveKernel
class LostProbeTest {
  private static final Pattern MALLOC =
      Pattern.compile("memstacks: malloc in (\\S+) at \\+0x([0-9a-f]+):");

  @Test
  void aProbeThatIsWrittenOverIsReported() throws IOException {
    try (TracedProgram program = TracedProgram.start("threads");
        Memstacks memstacks = Memstacks.attach("-vf", "-p", "" + program.pid())) {
      memstacks.awaitSaid("malloc in ");
      writeBack(program.pid(), memstacks);
      program.begin();
      program.truth();
      Result result = memstacks.stop();

      assertThat(result.errors()).contains("the probe of malloc was removed in the window");
      assertThat(result.exit()).isEqualTo(3);
      assertThat(program.end()).isZero();
    }
  }

  /** With -a frees have no probe that could be missed. */
  @Test
  void inAllModeNoneIsMissedThatWasNeverThere() throws IOException {
    try (TracedProgram program = TracedProgram.start("threads");
        Memstacks memstacks = Memstacks.attach("-af", "-p", "" + program.pid())) {
      program.begin();
      program.truth();
      Result result = memstacks.stop();

      assertThat(result.errors()).doesNotContain("removed");
      assertThat(result.exit()).isZero();
    }
  }

  private static void writeBack(int pid, Memstacks memstacks) throws IOException {
    Matcher said = MALLOC.matcher(memstacks.errors());
    assertThat(said.find()).isTrue();
    Mapping libc =
        MemoryMap.of(pid).mappings().stream()
            .filter(mapping -> mapping.name().equals(said.group(1)) && mapping.isExecutable())
            .findFirst()
            .orElseThrow();
    try (ElfFile elf = ElfFile.open(Path.of(libc.rawName()));
        RandomAccessFile memory = new RandomAccessFile("/proc/" + pid + "/mem", "rw")) {
      long address =
          elf.symbol("malloc").orElseThrow().address() + Long.parseLong(said.group(2), 16);
      memory.seek(libc.start() + elf.fileOffset(address).orElseThrow() - libc.offset());
      memory.write(elf.bytesAt(address, 1).toArray(ValueLayout.JAVA_BYTE));
    }
  }
}
