package org.memstacks.symbol;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.memstacks.elf.ElfFile;

/**
 * How wide the arguments are that functions take in integer registers, by the types that debug
 * information gives their parameters: what a register holds beyond is undefined (System V ABI for
 * x86-64, 3.2.3; AAPCS64, 6.8.2).
 */
public final class ArgumentWidths {
  private static final int DIE_SIZE = 32;
  private static final int ATTRIBUTE_SIZE = 24;
  private static final int MAX_PARAMETERS = 64;

  /* DWARF 5, 7.5.3, 7.5.4 and 7.8. */
  private static final int TAG_CLASS_TYPE = 0x02;
  private static final int TAG_ENUMERATION_TYPE = 0x04;
  private static final int TAG_FORMAL_PARAMETER = 0x05;
  private static final int TAG_POINTER_TYPE = 0x0f;
  private static final int TAG_REFERENCE_TYPE = 0x10;
  private static final int TAG_STRUCTURE_TYPE = 0x13;
  private static final int TAG_UNION_TYPE = 0x17;
  private static final int TAG_BASE_TYPE = 0x24;
  private static final int TAG_RVALUE_REFERENCE_TYPE = 0x42;
  private static final int AT_ABSTRACT_ORIGIN = 0x31;
  private static final int AT_ENCODING = 0x3e;
  private static final int AT_TYPE = 0x49;
  private static final int ATE_COMPLEX_FLOAT = 0x03;
  private static final int ATE_FLOAT = 0x04;
  private static final int ATE_IMAGINARY_FLOAT = 0x09;
  private static final int ATE_DECIMAL_FLOAT = 0x0f;

  private static final int REGISTER_BYTES = 8;
  private static final int IN_NO_INTEGER_REGISTER = 0;
  private static final int UNKNOWN = -1;

  private final LibDw.Dw dw;
  private final Memory attribute = new Memory(ATTRIBUTE_SIZE);

  ArgumentWidths(LibDw.Dw dw) {
    this.dw = dw;
  }

  /**
   * Reads them from an object, or from the debug file that belongs to it.
   *
   * @param rawPath of the object, as {@link DebugFiles#find} takes it
   * @param addresses of functions, as the object states them
   * @return bits of each function's arguments from the first, up to one that is not known; empty
   *     where there is no debug information, or no libdw
   */
  public static Map<Long, List<Integer>> of(
      ElfFile object, DebugFiles debugFiles, String rawPath, List<Long> addresses) {
    List<ElfFile> opened = new ArrayList<>();
    try {
      Optional<ElfFile> file = Optional.of(object).filter(DebugInfo::isIn);
      if (file.isEmpty()) {
        Optional<ElfFile> separate = debugFiles.find(object, rawPath);
        separate.ifPresent(opened::add);
        file = separate.filter(DebugInfo::isIn);
      }
      Optional<LibDw> library = file.isPresent() ? LibDw.load() : Optional.empty();
      if (library.isEmpty()) {
        return Map.of();
      }
      Optional<ElfFile> shared = file.get().sharedDebugLink().flatMap(debugFiles::find);
      shared.ifPresent(opened::add);
      try (DebugInfo info = DebugInfo.open(library.get(), file.get(), shared)) {
        Map<Long, List<Integer>> bits = new HashMap<>();
        addresses.forEach(address -> bits.put(address, info.argumentBits(address)));
        return bits;
      }
    } catch (IOException e) {
      // As if there were none.
      return Map.of();
    } finally {
      for (ElfFile file : opened) {
        close(file);
      }
    }
  }

  private static void close(ElfFile file) {
    try {
      file.close();
    } catch (IOException e) {
      // It was only read.
    }
  }

  /** Those of a function, given as an entry of the debug information. */
  List<Integer> of(Pointer function) {
    List<Integer> bits = new ArrayList<>();
    Memory result = new Memory(DIE_SIZE);
    // A result in memory takes the first register for its address.
    if (type(function, result) && isAggregate(dw.dwarf_tag(result))) {
      return bits;
    }
    Memory declared = new Memory(DIE_SIZE);
    // Of a function that was inlined as well the compiler may list parameters in another order.
    boolean abstracted = refer(function, AT_ABSTRACT_ORIGIN, declared);
    Memory entry = new Memory(DIE_SIZE);
    int more = dw.dwarf_child(abstracted ? declared : function, entry);
    for (int i = 0; more == 0 && i < MAX_PARAMETERS; i++) {
      if (dw.dwarf_tag(entry) == TAG_FORMAL_PARAMETER) {
        int width = width(entry);
        if (width == UNKNOWN) {
          break;
        }
        if (width != IN_NO_INTEGER_REGISTER) {
          bits.add(width);
        }
      }
      Memory next = new Memory(DIE_SIZE);
      more = dw.dwarf_siblingof(entry, next);
      entry = next;
    }
    return bits;
  }

  private int width(Pointer parameter) {
    Memory type = new Memory(DIE_SIZE);
    if (!type(parameter, type)) {
      return UNKNOWN;
    }
    int bytes = dw.dwarf_bytesize(type);
    boolean fits = bytes > 0 && bytes <= REGISTER_BYTES;
    return switch (dw.dwarf_tag(type)) {
      case TAG_POINTER_TYPE, TAG_REFERENCE_TYPE, TAG_RVALUE_REFERENCE_TYPE ->
          REGISTER_BYTES * Byte.SIZE;
      case TAG_ENUMERATION_TYPE -> fits ? bytes * Byte.SIZE : UNKNOWN;
      case TAG_BASE_TYPE -> {
        if (isFloatingPoint(type)) {
          yield IN_NO_INTEGER_REGISTER;
        }
        yield fits && Integer.bitCount(bytes) == 1 ? bytes * Byte.SIZE : UNKNOWN;
      }
      default -> UNKNOWN;
    };
  }

  private boolean isFloatingPoint(Pointer type) {
    long[] encoding = new long[1];
    Pointer found = dw.dwarf_attr_integrate(type, AT_ENCODING, attribute);
    return found != null
        && dw.dwarf_formudata(found, encoding) == 0
        && (encoding[0] == ATE_FLOAT
            || encoding[0] == ATE_COMPLEX_FLOAT
            || encoding[0] == ATE_IMAGINARY_FLOAT
            || encoding[0] == ATE_DECIMAL_FLOAT);
  }

  private static boolean isAggregate(int tag) {
    return tag == TAG_STRUCTURE_TYPE || tag == TAG_CLASS_TYPE || tag == TAG_UNION_TYPE;
  }

  /** The type of something, behind all names and qualifiers; false when it has none. */
  private boolean type(Pointer of, Memory type) {
    Memory named = new Memory(DIE_SIZE);
    return refer(of, AT_TYPE, named) && dw.dwarf_peel_type(named, type) == 0;
  }

  private boolean refer(Pointer from, int attributeName, Memory to) {
    Pointer found = dw.dwarf_attr_integrate(from, attributeName, attribute);
    return found != null && dw.dwarf_formref_die(found, to) != null;
  }
}
