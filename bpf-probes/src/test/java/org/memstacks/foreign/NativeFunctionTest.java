package org.memstacks.foreign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class NativeFunctionTest {
  private static final int ENOENT = 2;

  @Test
  void whatALibraryLacksIsEmpty() {
    assertThat(NativeFunction.ofC("no_such_function")).isEmpty();
  }

  @Test
  void anIntMayBeNegative() {
    assertThat(c("toupper").callInt('a')).isEqualTo('A');
    assertThat(c("abs").callInt(-5)).isEqualTo(5);
    assertThat(c("close").callInt(-1)).isEqualTo(-1);
  }

  @Test
  void aFailureLeavesItsErrno() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = NativeFunction.callState(arena);

      long result = c("open").call(state, arena.allocateFrom("/no/such/file").address(), 0);

      assertThat((int) result).isEqualTo(-1);
      assertThat(NativeFunction.errno(state)).isEqualTo(ENOENT);
    }
  }

  /** Four of them are variadic; the last one is passed on the stack on x86-64. */
  @Test
  void sevenArgumentsArrive() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(100);
      MemorySegment format = arena.allocateFrom("%ld %d %lx %s");

      int length =
          c("snprintf")
              .callInt(
                  text.address(),
                  text.byteSize(),
                  format.address(),
                  Long.MIN_VALUE,
                  -7,
                  -1,
                  arena.allocateFrom("last").address());

      assertThat(text.getString(0)).isEqualTo("-9223372036854775808 -7 ffffffffffffffff last");
      assertThat(length).isEqualTo(text.getString(0).length());
    }
  }

  @Test
  void moreArgumentsAreRefused() {
    NativeFunction function = c("getpid");

    assertThatIllegalArgumentException()
        .isThrownBy(() -> function.call(1, 2, 3, 4, 5, 6, 7, 8))
        .withMessage("8 arguments");
  }

  private static NativeFunction c(String name) {
    return NativeFunction.ofC(name).orElseThrow();
  }
}
