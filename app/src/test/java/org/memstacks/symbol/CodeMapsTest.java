package org.memstacks.symbol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;

/** Which map explains an address that was met in an epoch. */
class CodeMapsTest {
  private static final String PROGRAM = "1000-2000 r-xp 0 0:1 7 /bin/program\n";

  private final CodeMaps maps = new CodeMaps();

  @Test
  void anAddressMeansWhatItsOwnEpochSays() throws IOException {
    add(0, PROGRAM + "8000-9000 r-xp 0 0:1 8 /lib/first.so\n");
    add(1, PROGRAM + "8000-9000 r-xp 0 0:1 9 /lib/second.so\n");
    assertThat(name(0x8100, 0)).isEqualTo("first.so");
    assertThat(name(0x8100, 1)).isEqualTo("second.so");
    assertThat(name(0x1100, 0)).isEqualTo("program");
  }

  @Test
  void whatWasMetBeforeItWasSeenIsExplainedByTheNextMap() throws IOException {
    add(0, PROGRAM);
    add(1, PROGRAM + "8000-9000 r-xp 0 0:1 8 /lib/first.so\n");
    add(2, PROGRAM + "8000-9000 r-xp 0 0:1 9 /lib/second.so\n");
    assertThat(name(0x8100, 0)).isEqualTo("first.so");
  }

  @Test
  void whatHadGoneBeforeExplainsNothing() throws IOException {
    add(0, PROGRAM + "8000-9000 r-xp 0 0:1 8 /lib/first.so\n");
    add(1, PROGRAM);
    assertThat(name(0x8100, 1)).isNull();
  }

  @Test
  void dataIsNoCode() throws IOException {
    add(0, "8000-9000 rw-p 0 0:1 8 /lib/first.so\n");
    assertThat(name(0x8100, 0)).isNull();
  }

  @Test
  void epochsAscend() throws IOException {
    add(1, PROGRAM);
    assertThatThrownBy(() -> add(0, PROGRAM)).isInstanceOf(IllegalArgumentException.class);
  }

  private void add(int epoch, String text) throws IOException {
    maps.add(
        MemoryMap.parse(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1))),
        epoch);
  }

  private String name(long address, int epoch) {
    return maps.find(address, epoch).map(Mapping::moduleName).orElse(null);
  }
}
