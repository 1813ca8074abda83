package org.memstacks.symbol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          _RNvNtCs1234_7mycrate3foo3bar                | mycrate::foo::bar
          _RNvMs_Cs4_1aNtB4_1T3run                     | <a::T>::run
          _RNvXs_Cs4_1aNtB4_1TNtB4_3Run3run            | <a::T as a::Run>::run
          _RINvNtC3std3mem8align_ofjdE                 | std::mem::align_of::<usize, f64>
          _RNCNvC1a4mains_0                            | a::main::{closure#1}
          _RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y | utf8_idents::საჭმელად_გემრიელი_სადილი
          _RINvC1a1fRL_eQjTjETjjESyE                   | a::f::<&str, &mut usize, (usize,), (usize, usize), [u64]>
          _RINvC1a1fAyj4_Kj2a_Kln5_Kb1_Kc41_E          | a::f::<[u64; 4], 42, -5, true, 'A'>
          _RINvC1a1fFUKCjEyFEuE                        | a::f::<unsafe extern "C" fn(usize) -> u64, fn()>
          _RINvC1a1fDNtB2_1TEL_DINtB2_1TjEp1AyEL_E     | a::f::<dyn a::T, dyn a::T<usize, A = u64>>
          _RNvC1a1f.llvm.123                           | a::f
          _RNvC1a1f.cold                               | a::f.cold
          _R                                           |
          _RNvC1a                                      |
          _RNvC1a99f                                   |
          """)
  void demanglesRust(String symbol, String expected) {
    assertThat(demangle(symbol)).isEqualTo(expected == null ? symbol : expected);
  }

  @Test
  @Timeout(10)
  void aRustNameThatCouldGrowWithoutBoundStaysMangled() {
    StringBuilder bomb = new StringBuilder("_RINvC1a1f");
    int last = bomb.length() - 2;
    bomb.append("TjjE");
    for (int i = 0; i < 60; i++) {
      int here = bomb.length() - 2;
      String back = "B" + base62(last);
      bomb.append('T').append(back).append(back).append('E');
      last = here;
    }
    bomb.append('E');
    assertThat(demangle(bomb.toString())).isEqualTo(bomb.toString());
  }

  private static String base62(int value) {
    String digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (value == 0) {
      return "_";
    }
    StringBuilder out = new StringBuilder();
    for (int v = value - 1; out.isEmpty() || v > 0; v /= 62) {
      out.insert(0, digits.charAt(v % 62));
    }
    return out + "_";
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
