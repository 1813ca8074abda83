package org.memstacks.symbol;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.Optional;

/**
 * elfutils' libdw and libelf, which read DWARF: inlined calls and source lines. They parse what the
 * traced process's files contain, in native code; so they are loaded only when that was asked for.
 */
public final class LibDw {
  /** Functions of libelf.so.1 (libelf.h). */
  interface Elf extends Library {
    int elf_version(int version);

    Pointer elf_memory(Pointer image, long size);

    int elf_end(Pointer elf);
  }

  /** Functions of libdw.so.1 (elfutils/libdw.h). Addresses and offsets are 64 bits wide. */
  interface Dw extends Library {
    Pointer dwarf_begin_elf(Pointer elf, int command, Pointer group);

    int dwarf_end(Pointer dwarf);

    void dwarf_setalt(Pointer dwarf, Pointer shared);

    int dwarf_nextcu(
        Pointer dwarf,
        long offset,
        long[] next,
        long[] headerSize,
        Pointer abbrevOffset,
        Pointer addressSize,
        Pointer offsetSize);

    Pointer dwarf_offdie(Pointer dwarf, long offset, Pointer die);

    long dwarf_ranges(Pointer die, long offset, long[] base, long[] start, long[] end);

    int dwarf_getscopes(Pointer cu, long pc, Pointer[] scopes);

    int dwarf_getscopes_die(Pointer die, Pointer[] scopes);

    int dwarf_tag(Pointer die);

    int dwarf_child(Pointer die, Pointer child);

    int dwarf_siblingof(Pointer die, Pointer sibling);

    Pointer dwarf_formref_die(Pointer attribute, Pointer die);

    int dwarf_peel_type(Pointer die, Pointer type);

    int dwarf_bytesize(Pointer die);

    Pointer dwarf_diename(Pointer die);

    Pointer dwarf_attr_integrate(Pointer die, int name, Pointer attribute);

    Pointer dwarf_formstring(Pointer attribute);

    int dwarf_formudata(Pointer attribute, long[] value);

    Pointer dwarf_getsrc_die(Pointer cu, long pc);

    Pointer dwarf_linesrc(Pointer line, Pointer modified, Pointer length);

    int dwarf_lineno(Pointer line, int[] number);

    int dwarf_getsrcfiles(Pointer cu, Pointer[] files, long[] count);

    Pointer dwarf_filesrc(Pointer files, long index, Pointer modified, Pointer length);
  }

  private static final int EV_CURRENT = 1;

  private final Elf elf;
  private final Dw dw;

  private LibDw(Elf elf, Dw dw) {
    this.elf = elf;
    this.dw = dw;
  }

  /** Empty when libdw.so.1 or libelf.so.1 is not installed. */
  public static Optional<LibDw> load() {
    try {
      Elf elf = Native.load("libelf.so.1", Elf.class);
      Dw dw = Native.load("libdw.so.1", Dw.class);
      return elf.elf_version(EV_CURRENT) == 0 ? Optional.empty() : Optional.of(new LibDw(elf, dw));
    } catch (UnsatisfiedLinkError e) {
      return Optional.empty();
    }
  }

  Elf elf() {
    return elf;
  }

  Dw dw() {
    return dw;
  }
}
