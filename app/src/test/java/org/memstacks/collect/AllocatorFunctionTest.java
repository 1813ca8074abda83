package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.memstacks.bpf.Layouts.Hook;

/** Positions of arguments as in the prototypes of malloc(3), posix_memalign(3); 0 for none. */
class AllocatorFunctionTest {
  @ParameterizedTest
  @CsvSource({
    "malloc,         1, 1, 0, 0, 0, 1",
    "calloc,         1, 2, 1, 0, 0, 2",
    "realloc,        3, 2, 0, 1, 0, 2",
    "reallocarray,   3, 3, 2, 1, 0, 3",
    "posix_memalign, 2, 3, 0, 1, 2, 3",
    "aligned_alloc,  1, 2, 0, 0, 1, 2",
    "memalign,       1, 2, 0, 0, 1, 2",
    "valloc,         1, 1, 0, 0, 0, 1",
    "pvalloc,        1, 1, 0, 0, 0, 1",
    "free,           4, 0, 0, 1, 0, 1"
  })
  void theCookieSaysWhereTheArgumentsAre(
      String symbol,
      int operation,
      int size,
      int count,
      int pointer,
      int alignment,
      int arguments) {
    AllocatorFunction function = of(symbol);
    long cookie = function.cookie(0);
    assertThat(cookie & 0xff).isEqualTo(operation);
    assertThat(cookie >> Hook.SIZE_ARG_SHIFT & 0xf).isEqualTo(size);
    assertThat(cookie >> Hook.COUNT_ARG_SHIFT & 0xf).isEqualTo(count);
    assertThat(cookie >> Hook.PTR_ARG_SHIFT & 0xf).isEqualTo(pointer);
    assertThat(cookie >> Hook.ALIGN_ARG_SHIFT & 0xf).isEqualTo(alignment);
    assertThat(cookie >> Hook.FLAGS_SHIFT & 0xff).isZero();
    assertThat(cookie >> Hook.ID_SHIFT).isEqualTo(function.ordinal());
    assertThat(function.argumentCount()).isEqualTo(arguments);
    assertThat(function.isFree()).isEqualTo(symbol.equals("free"));
  }

  @Test
  void flagsTouchNothingElse() {
    for (AllocatorFunction function : AllocatorFunction.values()) {
      long flags = Hook.NULL_IS_MALLOC | Hook.SMALL_ALIGN_IS_MALLOC;
      assertThat(function.cookie(flags) ^ function.cookie(0)).isEqualTo(flags << Hook.FLAGS_SHIFT);
    }
  }

  @Test
  void everyCookieIsDifferent() {
    Set<Long> cookies = new HashSet<>();
    for (AllocatorFunction function : AllocatorFunction.values()) {
      assertThat(cookies.add(function.cookie(0))).as(function.symbol()).isTrue();
    }
  }

  private static AllocatorFunction of(String symbol) {
    return Arrays.stream(AllocatorFunction.values())
        .filter(function -> function.symbol().equals(symbol))
        .findFirst()
        .orElseThrow();
  }
}
