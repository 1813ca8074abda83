package org.memstacks.symbol;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.memstacks.elf.ElfException;
import org.memstacks.elf.ElfFile;

/**
 * The DWARF of one object: which calls were inlined at an address, and where that is in the source.
 * libdw gets a copy of the file in memory, so that a file cut short meanwhile cannot fault.
 */
final class DebugInfo implements AutoCloseable {
  /** Larger debug files are not read. */
  private static final long MAX_SIZE = 512L << 20;

  private static final int MAX_UNITS = 1 << 20;
  private static final int MAX_RANGES = 1 << 22;
  private static final int DIE_SIZE = 32;
  private static final int ATTRIBUTE_SIZE = 24;
  private static final int TAG_INLINED_SUBROUTINE = 0x1d;
  private static final int TAG_SUBPROGRAM = 0x2e;
  private static final int AT_CALL_FILE = 0x58;
  private static final int AT_CALL_LINE = 0x59;
  private static final int AT_LINKAGE_NAME = 0x6e;
  private static final int AT_MIPS_LINKAGE_NAME = 0x2007;
  private static final int AT_DWO_NAME = 0x76;
  private static final int AT_GNU_DWO_NAME = 0x2130;

  /** libdw's view of a file. */
  private record Opened(Pointer elf, Pointer dwarf) {}

  private final LibDw.Dw dw;
  private final LibDw.Elf elfLibrary;
  private final Opened own;
  private final Optional<Opened> shared;
  private final Pointer dwarf;
  private final Memory unit = new Memory(DIE_SIZE);
  private final Memory die = new Memory(DIE_SIZE);
  private final Memory attribute = new Memory(ATTRIBUTE_SIZE);
  private long[] unitOffsets = new long[64];
  private RangeIndex units;
  private boolean isSplit;

  /** One function at an address; the innermost is first, only the last is not inlined. */
  record Scope(byte[] name, Optional<SourceLine> line) {}

  private DebugInfo(LibDw library, Opened own, Optional<Opened> shared) {
    this.dw = library.dw();
    this.elfLibrary = library.elf();
    this.own = own;
    this.shared = shared;
    this.dwarf = own.dwarf;
    shared.ifPresent(other -> dw.dwarf_setalt(dwarf, other.dwarf));
  }

  static boolean isIn(ElfFile file) {
    return file.section(".debug_info").isPresent() || file.section(".zdebug_info").isPresent();
  }

  /**
   * @param file must stay open as long as this is used
   * @param shared the file its {@link ElfFile#sharedDebugLink} names, to stay open as well; empty
   *     where there is none
   */
  static DebugInfo open(LibDw library, ElfFile file, Optional<ElfFile> shared) throws IOException {
    Opened own = open(library, file);
    Optional<Opened> other = Optional.empty();
    if (shared.isPresent()) {
      try {
        other = Optional.of(open(library, shared.get()));
      } catch (IOException e) {
        close(library.dw(), library.elf(), own);
        throw e;
      }
    }
    DebugInfo info = new DebugInfo(library, own, other);
    info.readUnits();
    return info;
  }

  private static Opened open(LibDw library, ElfFile file) throws IOException {
    MemorySegment image = file.image(MAX_SIZE);
    if (!image.isNative()) {
      throw new ElfException(file.name() + ": is not in native memory");
    }
    Pointer elf = library.elf().elf_memory(new Pointer(image.address()), image.byteSize());
    Pointer dwarf = elf == null ? null : library.dw().dwarf_begin_elf(elf, 0, null);
    if (dwarf == null) {
      if (elf != null) {
        library.elf().elf_end(elf);
      }
      throw new ElfException(file.name() + ": libdw finds no debug data it can read");
    }
    return new Opened(elf, dwarf);
  }

  /** Whether the compiler left part of it in .dwo files, which are not read (-gsplit-dwarf). */
  boolean isSplit() {
    return isSplit;
  }

  /**
   * @param address as the object states it
   * @return the functions there, innermost first; empty when the debug data has none
   */
  List<Scope> scopes(long address) {
    int range = units.find(address);
    if (range < 0 || dw.dwarf_offdie(dwarf, unitOffsets[range], unit) == null) {
      return List.of();
    }
    Optional<SourceLine> line = line(address);
    Pointer[] array = new Pointer[1];
    int count = enclosing(address, array);
    List<Scope> scopes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Pointer scope = array[0].share((long) i * DIE_SIZE, DIE_SIZE);
      int tag = dw.dwarf_tag(scope);
      if (tag == TAG_INLINED_SUBROUTINE || tag == TAG_SUBPROGRAM) {
        scopes.add(new Scope(name(scope), line));
        if (tag == TAG_SUBPROGRAM) {
          break;
        }
        line = callSite(scope);
      }
    }
    free(array);
    return scopes;
  }

  /**
   * How wide the arguments are that a function takes in integer registers, in their order, as far
   * as their types tell.
   *
   * @param address of the function's first instruction, as the object states it
   */
  List<Integer> argumentBits(long address) {
    int range = units.find(address);
    if (range < 0 || dw.dwarf_offdie(dwarf, unitOffsets[range], unit) == null) {
      return List.of();
    }
    Pointer[] array = new Pointer[1];
    int count = enclosing(address, array);
    List<Integer> bits = List.of();
    for (int i = 0; i < count; i++) {
      Pointer scope = array[0].share((long) i * DIE_SIZE, DIE_SIZE);
      if (dw.dwarf_tag(scope) == TAG_SUBPROGRAM) {
        bits = new ArgumentWidths(dw).of(scope);
        break;
      }
    }
    free(array);
    return bits;
  }

  /**
   * What encloses an address of the unit, innermost first.
   *
   * @param array to be freed
   * @return how many, 0 when nothing is known
   */
  private int enclosing(long address, Pointer[] array) {
    if (dw.dwarf_getscopes(unit, address, array) <= 0) {
      array[0] = null;
      return 0;
    }
    // The first says where we are; what encloses it physically is asked for by itself.
    die.write(0, array[0].getByteArray(0, DIE_SIZE), 0, DIE_SIZE);
    free(array);
    int count = dw.dwarf_getscopes_die(die, array);
    if (count <= 0) {
      array[0] = null;
    }
    return Math.max(count, 0);
  }

  private static void free(Pointer[] array) {
    if (array[0] != null) {
      Native.free(Pointer.nativeValue(array[0]));
      array[0] = null;
    }
  }

  @Override
  public void close() {
    close(dw, elfLibrary, own);
    shared.ifPresent(other -> close(dw, elfLibrary, other));
  }

  private static void close(LibDw.Dw dw, LibDw.Elf elfLibrary, Opened opened) {
    dw.dwarf_end(opened.dwarf);
    elfLibrary.elf_end(opened.elf);
  }

  /** Which unit covers which addresses. Producers need not write .debug_aranges; units say it. */
  private void readUnits() {
    long[] starts = new long[64];
    long[] ends = new long[64];
    int count = 0;
    long[] next = new long[1];
    long[] header = new long[1];
    long[] base = new long[1];
    long[] start = new long[1];
    long[] end = new long[1];
    long offset = 0;
    for (int n = 0; n < MAX_UNITS; n++) {
      if (dw.dwarf_nextcu(dwarf, offset, next, header, null, null, null) != 0) {
        break;
      }
      long at = offset + header[0];
      if (dw.dwarf_offdie(dwarf, at, unit) != null) {
        isSplit |= has(unit, AT_DWO_NAME) || has(unit, AT_GNU_DWO_NAME);
        long more = 0;
        while (count < MAX_RANGES && (more = dw.dwarf_ranges(unit, more, base, start, end)) > 0) {
          if (count == starts.length) {
            starts = Arrays.copyOf(starts, 2 * count);
            ends = Arrays.copyOf(ends, 2 * count);
            unitOffsets = Arrays.copyOf(unitOffsets, 2 * count);
          }
          // Functions the linker discarded keep a range at 0.
          boolean real = start[0] > 0 && end[0] > start[0];
          starts[count] = real ? start[0] : 0;
          ends[count] = real ? end[0] : 0;
          unitOffsets[count++] = at;
        }
      }
      if (next[0] <= offset) {
        break;
      }
      offset = next[0];
    }
    units = RangeIndex.of(count, starts, ends);
  }

  private boolean has(Pointer entry, int attributeName) {
    return dw.dwarf_attr_integrate(entry, attributeName, attribute) != null;
  }

  private byte[] name(Pointer scope) {
    for (int attributeName : new int[] {AT_LINKAGE_NAME, AT_MIPS_LINKAGE_NAME}) {
      Pointer found = dw.dwarf_attr_integrate(scope, attributeName, attribute);
      Pointer text = found == null ? null : dw.dwarf_formstring(found);
      if (text != null) {
        return bytes(text);
      }
    }
    Pointer text = dw.dwarf_diename(scope);
    return text == null ? new byte[0] : bytes(text);
  }

  private Optional<SourceLine> line(long address) {
    Pointer line = dw.dwarf_getsrc_die(unit, address);
    if (line == null) {
      return Optional.empty();
    }
    int[] number = new int[1];
    Pointer file = dw.dwarf_linesrc(line, null, null);
    return file == null || dw.dwarf_lineno(line, number) != 0 || number[0] <= 0
        ? Optional.empty()
        : Optional.of(new SourceLine(text(file), number[0]));
  }

  private Optional<SourceLine> callSite(Pointer scope) {
    long[] file = new long[1];
    long[] line = new long[1];
    Pointer[] files = new Pointer[1];
    if (!number(scope, AT_CALL_FILE, file)
        || !number(scope, AT_CALL_LINE, line)
        || line[0] <= 0
        || line[0] > Integer.MAX_VALUE
        || dw.dwarf_getsrcfiles(unit, files, null) != 0) {
      return Optional.empty();
    }
    Pointer name = dw.dwarf_filesrc(files[0], file[0], null, null);
    return name == null ? Optional.empty() : Optional.of(new SourceLine(text(name), (int) line[0]));
  }

  private boolean number(Pointer scope, int attributeName, long[] value) {
    Pointer found = dw.dwarf_attr_integrate(scope, attributeName, attribute);
    return found != null && dw.dwarf_formudata(found, value) == 0;
  }

  private static byte[] bytes(Pointer text) {
    return text.getString(0, StandardCharsets.ISO_8859_1.name())
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String text(Pointer text) {
    return text.getString(0, StandardCharsets.UTF_8.name());
  }
}
