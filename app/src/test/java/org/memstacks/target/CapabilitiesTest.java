package org.memstacks.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class CapabilitiesTest {
  @Test
  void rootLacksNothing() throws IOException {
    Capabilities root = Capabilities.parse("Name:\tx\nCapEff:\t000001ffffffffff\nSeccomp:\t0\n");
    assertThat(root.missing(true)).isEmpty();
  }

  @Test
  void nobodyLacksAll() {
    assertThat(new Capabilities(0).missing(false))
        .containsExactly("CAP_BPF", "CAP_PERFMON", "CAP_SYS_PTRACE", "CAP_CHECKPOINT_RESTORE");
    assertThat(new Capabilities(0).missing(true)).contains("CAP_DAC_READ_SEARCH").hasSize(5);
  }

  @Test
  void administratorsMayMuchButNotLookIntoProcesses() {
    assertThat(new Capabilities(1L << 21).missing(false)).containsExactly("CAP_SYS_PTRACE");
    assertThat(new Capabilities(1L << 21 | 1L << 19).missing(false)).isEmpty();
    assertThat(new Capabilities(1L << 21 | 1L << 19).missing(true))
        .containsExactly("CAP_DAC_READ_SEARCH");
    assertThat(new Capabilities(1L << 21 | 1L << 19 | 1L << 1).missing(true)).isEmpty();
  }

  @Test
  void theLeastSetSuffices() {
    assertThat(new Capabilities(1L << 39 | 1L << 38 | 1L << 19 | 1L << 40).missing(false))
        .isEmpty();
  }

  @Test
  void whatIsNoStatusIsRefused() {
    assertThatThrownBy(() -> Capabilities.parse("Name:\tx\n")).isInstanceOf(IOException.class);
  }
}
