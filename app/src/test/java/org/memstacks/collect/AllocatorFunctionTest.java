package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.memstacks.bpf.Layouts.Hook;

/**
 * Positions of arguments as in the prototypes of malloc(3), posix_memalign(3), jemalloc(3),
 * mimalloc.h and the C++ standard; 0 for none.
 */
class AllocatorFunctionTest {
  private static final AllocatorCatalog CATALOG = new AllocatorCatalog(List.of("my_"));

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
    "free,           4, 0, 0, 1, 0, 1",
    "my_realloc,     3, 2, 0, 1, 0, 2",
    "_rjem_calloc,   1, 2, 1, 0, 0, 2",
    "mallocx,        1, 1, 0, 0, 0, 1",
    "je_rallocx,     3, 2, 0, 1, 0, 2",
    "xallocx,        5, 2, 0, 1, 0, 2",
    "je_sdallocx,    4, 0, 0, 1, 0, 1",
    "mi_heap_malloc, 1, 2, 0, 0, 0, 2",
    "mi_heap_reallocn, 3, 4, 3, 2, 0, 4",
    "mi_heap_recalloc_aligned, 3, 4, 3, 2, 0, 4",
    "mi_new_n,       1, 2, 1, 0, 0, 2",
    "mi_expand,      5, 2, 0, 1, 0, 2",
    "_Znwm,          1, 1, 0, 0, 0, 1",
    "_ZnamSt11align_val_t, 1, 1, 0, 0, 0, 1",
    "_ZdaPvmSt11align_val_t, 4, 0, 0, 1, 0, 1",
    "tc_deletearray_sized, 4, 0, 0, 1, 0, 1"
  })
  void theCookieSaysWhichRegistersTheArgumentsAreIn(
      String symbol,
      int operation,
      int size,
      int count,
      int pointer,
      int alignment,
      int arguments) {
    AllocatorFunction function = of(symbol);
    List<Integer> registers = List.of(7, 6, 2, 15);
    long cookie = function.cookie(0x1234, 0, registers);
    assertThat(cookie & 0xff).isEqualTo(operation);
    assertThat(cookie >> Hook.SIZE_ARG_SHIFT & 0x1f).isEqualTo(field(size, registers));
    assertThat(cookie >> Hook.COUNT_ARG_SHIFT & 0x1f).isEqualTo(field(count, registers));
    assertThat(cookie >> Hook.PTR_ARG_SHIFT & 0x1f).isEqualTo(field(pointer, registers));
    assertThat(cookie >> Hook.ALIGN_ARG_SHIFT & 0x1f).isEqualTo(field(alignment, registers));
    assertThat(cookie >> Hook.FLAGS_SHIFT & 0xf).isZero();
    assertThat(cookie >> Hook.ID_SHIFT).isEqualTo(0x1234);
    assertThat(function.argumentCount()).isEqualTo(arguments);
    assertThat(function.isFree()).isEqualTo(operation == Hook.FREE);
  }

  @Test
  void flagsTouchNothingElse() {
    all()
        .values()
        .forEach(function -> {
          List<Integer> registers = List.of(7, 6, 2, 1);
          assertThat(function.cookie(5, 0xf, registers) ^ function.cookie(5, 0, registers))
              .as(function.symbol())
              .isEqualTo(0xfL << Hook.FLAGS_SHIFT);
        });
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "64, 0", "32, 1", "16, 2", "8, 3"})
  void theCookieSaysHowWideSizesAre(int bits, int halvings) {
    List<Integer> registers = List.of(7, 6, 2, 1);
    AllocatorFunction function = of("calloc");
    long plain = function.cookie(5, Hook.POOL | Hook.JUMPED_TO, registers);
    assertThat(function.withBits(bits, 0).cookie(5, Hook.POOL | Hook.JUMPED_TO, registers) ^ plain)
        .isEqualTo((long) halvings << Hook.SIZE_WIDTH_SHIFT);
    assertThat(function.withBits(0, bits).cookie(5, Hook.POOL | Hook.JUMPED_TO, registers) ^ plain)
        .isEqualTo((long) halvings << Hook.COUNT_WIDTH_SHIFT);
  }

  @ParameterizedTest
  @CsvSource({
    "_Znwm, true",
    "_ZnamSt11align_val_t, true",
    "tc_new, true",
    "mi_new_n, true",
    "mi_new_realloc, true",
    "_ZnwmRKSt9nothrow_t, false",
    "_ZdlPv, false",
    "malloc, false",
    "mi_new_nothrow, false"
  })
  void exceptionsMayLeaveWhatIsDeclaredSo(String symbol, boolean throwing) {
    assertThat(of(symbol).throwing()).isEqualTo(throwing);
  }

  private static long field(int position, List<Integer> registers) {
    return position == 0 ? 0 : registers.get(position - 1) + 1;
  }

  private static AllocatorFunction of(String symbol) {
    assertThat(all()).containsKey(symbol);
    return all().get(symbol);
  }

  private static Map<String, AllocatorFunction> all() {
    Map<String, AllocatorFunction> all = new HashMap<>(CATALOG.standard());
    all.putAll(CATALOG.further());
    return all;
  }
}
