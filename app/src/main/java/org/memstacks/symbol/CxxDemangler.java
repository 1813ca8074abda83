package org.memstacks.symbol;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.memstacks.foreign.NativeFunction;

/**
 * {@code __cxa_demangle} of libstdc++ (Itanium C++ ABI, 3.4). It bounds its own recursion but not
 * its output, and a name of a few hundred bytes can stand for gigabytes: names that could are not
 * handed to it.
 */
final class CxxDemangler {
  private static final int MAX_LENGTH = 1 << 14;

  /**
   * The most a name may grow, as a power of two. Of 68,552 names exported by libLLVM and
   * libclang-cpp six come out above 20, none above 24.
   */
  private static final double MAX_GROWTH = 24;

  /** Expanding references in chains multiplies by at most the cube root of 3 for each. */
  private static final double GROWTH_OF_REFERENCE = 0.53;

  private static final double GROWTH_OF_PACK = 6;

  private final NativeFunction function;
  private final NativeFunction free;
  /* The name with its NUL. */
  private final MemorySegment input = Arena.ofAuto().allocate(MAX_LENGTH + 1);

  private CxxDemangler(NativeFunction function, NativeFunction free) {
    this.function = function;
    this.free = free;
  }

  /** Empty when libstdc++.so.6 cannot be loaded. */
  static Optional<CxxDemangler> load() {
    SymbolLookup library;
    try {
      library = SymbolLookup.libraryLookup("libstdc++.so.6", Arena.global());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    NativeFunction free = NativeFunction.ofC("free").orElseThrow();
    return NativeFunction.of(library, "__cxa_demangle")
        .map(function -> new CxxDemangler(function, free));
  }

  /** Empty when it is no C++ name, or one that could grow without bound. */
  Optional<String> demangle(byte[] symbol) {
    if (symbol.length > MAX_LENGTH || growth(symbol) > MAX_GROWTH) {
      return Optional.empty();
    }
    MemorySegment.copy(symbol, 0, input, ValueLayout.JAVA_BYTE, 0, symbol.length);
    input.set(ValueLayout.JAVA_BYTE, symbol.length, (byte) 0);
    // It allocates the result; no status is asked for.
    long name = function.call(input.address());
    if (name == 0) {
      return Optional.empty();
    }
    try {
      return Optional.of(MemorySegment.ofAddress(name).reinterpret(Long.MAX_VALUE).getString(0));
    } finally {
      free.call(name);
    }
  }

  /** An upper bound of log2 of the expansion: references S_ and T_, and pack expansions Dp. */
  static double growth(byte[] symbol) {
    double bits = 0;
    for (int i = 2; i + 1 < symbol.length; i++) {
      if (symbol[i] == 'D' && symbol[i + 1] == 'p') {
        bits += GROWTH_OF_PACK;
      } else if (symbol[i] == 'S' || symbol[i] == 'T') {
        int at = i + 1;
        while (at < symbol.length && isSequence(symbol[at])) {
          at++;
        }
        if (at < symbol.length && symbol[at] == '_') {
          bits += GROWTH_OF_REFERENCE;
        }
      }
    }
    return bits;
  }

  private static boolean isSequence(byte b) {
    return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z';
  }
}
