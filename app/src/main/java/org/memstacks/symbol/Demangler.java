package org.memstacks.symbol;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Turns symbol names into those of the source language; what none knows stays as it is. Not safe
 * for use by several threads.
 */
public final class Demangler {
  private static final int MAX_SHOWN = 1 << 16;

  /** Loaded when the first name asks for it: that takes longer than all else of a small run. */
  private Optional<CxxDemangler> cxx;

  private Demangler() {}

  /** With the C++ runtime's demangler when it can be loaded. */
  public static Demangler create() {
    return new Demangler();
  }

  /** Whether C++ and older Rust names are demangled; if not, libstdc++.so.6 is missing. */
  public boolean handlesCxx() {
    return cxx().isPresent();
  }

  private Optional<CxxDemangler> cxx() {
    if (cxx == null) {
      cxx = CxxDemangler.load();
    }
    return cxx;
  }

  /**
   * @param symbol the bytes of a name, without NUL
   */
  public String demangle(byte[] symbol) {
    String result = demangled(symbol);
    return result.length() <= MAX_SHOWN ? result : result.substring(0, MAX_SHOWN) + "...";
  }

  private String demangled(byte[] symbol) {
    if (symbol.length > 2 && symbol[0] == '_' && symbol[1] == 'Z') {
      Optional<String> name = cxx().flatMap(c -> c.demangle(symbol));
      if (name.isPresent()) {
        return RustLegacy.tidy(name.get());
      }
    }
    return RustV0.demangle(symbol).orElseGet(() -> new String(symbol, StandardCharsets.UTF_8));
  }
}
