package org.memstacks.symbol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PerfMapTest {
  @Test
  void readsBothSpellingsOfNumbers() throws IOException {
    assertThat(name("7f00 10 java.lang.String::hashCode\n", 0x7f0f))
        .isEqualTo("java.lang.String::hashCode");
    assertThat(name("0x7f00 0x10 void a.B.c(int, long)\n", 0x7f00))
        .isEqualTo("void a.B.c(int, long)");
  }

  @Test
  void anAddressBehindTheCodeHasNoName() throws IOException {
    assertThat(name("7f00 10 f\n", 0x7f10)).isNull();
  }

  @Test
  void laterCodeReplacesEarlierCodeAtTheSamePlace() throws IOException {
    String text = "100 100 old\n120 20 new\n";
    assertThat(name(text, 0x11f)).isEqualTo("old");
    assertThat(name(text, 0x120)).isEqualTo("new");
    assertThat(name(text, 0x140)).isEqualTo("old");
  }

  /** Of a quarter of a gigabyte a process can make forty million lines. */
  @Test
  void refusesMoreEntriesThanThereIsMemoryFor() throws IOException {
    byte[] most = "7f00 10 f\n".repeat(PerfMap.MAX_ENTRIES).getBytes(StandardCharsets.UTF_8);
    PerfMap map = PerfMap.parse(most);
    assertThat(map.find(0x7f0f)).isEqualTo(PerfMap.MAX_ENTRIES - 1);

    byte[] more = Arrays.copyOf(most, most.length + 6);
    System.arraycopy("1 1 f\n".getBytes(StandardCharsets.UTF_8), 0, more, most.length, 6);
    assertThatThrownBy(() -> PerfMap.parse(more))
        .isInstanceOf(IOException.class)
        .hasMessage("the perf map has more than 2097152 entries");
  }

  @Test
  void leavesOutLinesThatAreNotEntries() throws IOException {
    String text = "\nxyz\n100\n100 10\n100 zz f\n0 10 f\n100 0 f\nffffffffffffffff 9 f\n200 10 cut";
    assertThat(PerfMap.parse(text.getBytes(StandardCharsets.UTF_8)).size()).isZero();
  }

  private static String name(String text, long address) throws IOException {
    PerfMap map = PerfMap.parse(text.getBytes(StandardCharsets.UTF_8));
    int entry = map.find(address);
    return entry < 0 ? null : map.name(entry);
  }
}
