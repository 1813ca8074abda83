package org.memstacks.symbol;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import java.util.Arrays;
import java.util.Optional;

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

  private final Function function;

  private CxxDemangler(Function function) {
    this.function = function;
  }

  /** Empty when libstdc++.so.6, or JNA's own native part, cannot be loaded. */
  static Optional<CxxDemangler> load() {
    try {
      return Optional.of(
          new CxxDemangler(
              NativeLibrary.getInstance("libstdc++.so.6").getFunction("__cxa_demangle")));
    } catch (UnsatisfiedLinkError e) {
      return Optional.empty();
    }
  }

  /** Empty when it is no C++ name, or one that could grow without bound. */
  Optional<String> demangle(byte[] symbol) {
    if (symbol.length > MAX_LENGTH || growth(symbol) > MAX_GROWTH) {
      return Optional.empty();
    }
    IntByReference status = new IntByReference();
    Pointer name =
        function.invokePointer(
            new Object[] {Arrays.copyOf(symbol, symbol.length + 1), null, null, status});
    if (name == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(name.getString(0, "UTF-8"));
    } finally {
      Native.free(Pointer.nativeValue(name));
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
