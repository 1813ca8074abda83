package org.memstacks.symbol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class DemanglerTest {
  private final Demangler demangler = Demangler.create();

  @Test
  void namesOfCStayAsTheyAre() {
    assertThat(demangle("malloc")).isEqualTo("malloc");
    assertThat(demangle("_ZZZ")).isEqualTo("_ZZZ");
  }

  @Test
  void demanglesCxx() {
    assumeTrue(demangler.handlesCxx(), "libstdc++.so.6 is not installed");
    assertThat(demangle("_ZNSt6vectorIiSaIiEE9push_backEOi"))
        .isEqualTo("std::vector<int, std::allocator<int> >::push_back(int&&)");
    assertThat(demangle("_Z3fooi.cold")).isEqualTo("foo(int) [clone .cold]");
  }

  @Test
  void demanglesOlderRust() {
    assumeTrue(demangler.handlesCxx(), "libstdc++.so.6 is not installed");
    assertThat(demangle("_ZN3std2io5stdio6_print17h0123456789abcdefE"))
        .isEqualTo("std::io::stdio::_print");
    assertThat(
            demangle(
                "_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$3bar17h930b740aa94f1d3aE"))
        .isEqualTo("<Test + 'static as foo::Bar<Test>>::bar");
  }

  @Test
  @Timeout(10)
  void aNameThatCouldGrowWithoutBoundStaysMangled() {
    // f(pair<A, A>), each A the pair before it: every level doubles what is printed.
    StringBuilder bomb = new StringBuilder("_Z1fSt4pairIiiE");
    for (int i = 0; i < 60; i++) {
      String last = i == 0 ? "S_" : "S" + Integer.toString(i - 1, 36).toUpperCase() + "_";
      bomb.append("St4pairI").append(last).append(last).append('E');
    }
    assertThat(demangle(bomb.toString())).isEqualTo(bomb.toString());
  }

  private String demangle(String name) {
    return demangler.demangle(name.getBytes(StandardCharsets.UTF_8));
  }
}
