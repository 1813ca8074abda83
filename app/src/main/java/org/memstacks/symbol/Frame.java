package org.memstacks.symbol;

import java.util.Optional;

/**
 * What is known of one code address.
 *
 * @param function the demangled name, or null when no symbol covers the address
 * @param module the object's file name without directories, or null when the address lies in no
 *     object that could be identified
 * @param functionOffset the address minus that of the function's first byte; 0 without a function
 * @param moduleOffset the address as the object states it (what addr2line takes); for a file that
 *     is not ELF, the offset in it; 0 without a module
 * @param line where in the source the address lies, or the call that was inlined
 * @param inlined whether the compiler put it into the function that follows in the stack; offsets
 *     mean nothing then
 */
public record Frame(
    String function,
    String module,
    long functionOffset,
    long moduleOffset,
    Optional<SourceLine> line,
    boolean inlined) {
  /** An address in no known object. */
  public static final Frame UNKNOWN = new Frame(null, null, 0, 0);

  /** A frame of which the source is not known. */
  public Frame(String function, String module, long functionOffset, long moduleOffset) {
    this(function, module, functionOffset, moduleOffset, Optional.empty(), false);
  }

  Frame at(Optional<SourceLine> known) {
    return new Frame(function, module, functionOffset, moduleOffset, known, inlined);
  }

  public boolean isNamed() {
    return function != null;
  }

  /**
   * As it stands in a folded stack, before {@link FoldedName#escape}: {@code name}, {@code
   * name+0x1f [module]}, {@code [module+0x1234]} without a name, {@code [unknown]} without a
   * module.
   */
  public String text(FrameStyle style) {
    if (function == null) {
      return module == null
          ? "[unknown]"
          : "[" + module + "+0x" + Long.toHexString(moduleOffset) + "]";
    }
    if (style.equals(FrameStyle.PLAIN)) {
      return function;
    }
    StringBuilder text = new StringBuilder(function);
    if (style.offsets() && !inlined) {
      text.append("+0x").append(Long.toHexString(functionOffset));
    }
    if (style.modules() && module != null) {
      text.append(" [").append(module).append(']');
    }
    if (style.lines() && line.isPresent()) {
      text.append(" (").append(line.get().text()).append(')');
    }
    return text.toString();
  }
}
