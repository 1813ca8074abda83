package org.memstacks.symbol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FoldedNameTest {
  @Test
  void ordinaryNamesStayAsTheyAre() {
    String name = "std::vector<int, std::allocator<int> >::push_back(int&&) [clone .cold]";
    assertThat(FoldedName.escape(name)).isSameAs(name);
  }

  @Test
  void nothingInItCanEndAFrameOrALine() {
    assertThat(FoldedName.escape("LFoo;bar")).isEqualTo("LFoo:bar");
    assertThat(FoldedName.escape("a\nb\rc\u0000d\u001b[2Je\u2028f\u202eg"))
        .isEqualTo("a?b?c?d?[2Je?f?g");
  }

  @Test
  void anEmptyNameIsUnknown() {
    assertThat(FoldedName.escape("")).isEqualTo("[unknown]");
    assertThat(FoldedName.escape(" ")).isEqualTo("[unknown]");
  }
}
