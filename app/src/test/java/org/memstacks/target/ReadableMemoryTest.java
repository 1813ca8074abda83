package org.memstacks.target;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.memstacks.foreign.NativeFunction;
import org.memstacks.target.ReadableMemory.Content;

/** Of this process: three pages, of which the second may not be read and the third is not there. */
class ReadableMemoryTest {
  private static final long PAGE = 4096;
  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x22;

  private static final NativeFunction MMAP = NativeFunction.ofC("mmap").orElseThrow();
  private static final NativeFunction MPROTECT = NativeFunction.ofC("mprotect").orElseThrow();
  private static final NativeFunction MUNMAP = NativeFunction.ofC("munmap").orElseThrow();

  private final ReadableMemory memory = new ReadableMemory((int) ProcessHandle.current().pid());
  private final long first = MMAP.call(0, 3 * PAGE, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);

  ReadableMemoryTest() {
    MemorySegment page = MemorySegment.ofAddress(first).reinterpret(PAGE);
    for (int i = 0; i < PAGE; i++) {
      page.set(JAVA_BYTE, i, (byte) i);
    }
    assertThat(MPROTECT.callInt(first + PAGE, PAGE, 0)).isZero();
    assertThat(MUNMAP.callInt(first + 2 * PAGE, PAGE)).isZero();
  }

  @AfterEach
  void unmap() {
    MUNMAP.call(first, 2 * PAGE);
  }

  @Test
  void whatIsReadableIsReadInFull() throws IOException {
    Content content = memory.read(first + PAGE - 3, 3);
    assertThat(((Content.Bytes) content).bytes()).containsExactly(-3, -2, -1);
  }

  @Test
  void whatIsProtectedIsNot() throws IOException {
    assertThat(memory.read(first + PAGE, 1)).isEqualTo(new Content.Protected());
    assertThat(memory.read(first + PAGE - 3, 4)).isEqualTo(new Content.Protected());
  }

  @Test
  void norIsWhatIsNotMapped() throws IOException {
    assertThat(memory.read(first + 2 * PAGE, 1)).isEqualTo(new Content.Unmapped());
    assertThat(memory.read(-PAGE, 1)).isEqualTo(new Content.Unmapped());
  }

  @Test
  void aProcessThatHasEndedCannotBeRead() throws Exception {
    Process process = new ProcessBuilder("true").start();
    process.waitFor();
    assertThatThrownBy(() -> new ReadableMemory((int) process.pid()).read(first, 1))
        .isInstanceOf(TargetException.class)
        .hasMessageContaining("has ended");
  }
}
