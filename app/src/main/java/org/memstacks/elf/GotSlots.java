package org.memstacks.elf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * Words of the global offset table that the dynamic linker fills with a function's address
 * (relocations GLOB_DAT and JUMP_SLOT of the x86-64 and aarch64 psABI).
 */
public final class GotSlots {
  private static final int ENTRY_SIZE = 24;
  private static final int R_X86_64_GLOB_DAT = 6;
  private static final int R_X86_64_JUMP_SLOT = 7;
  private static final int R_AARCH64_GLOB_DAT = 1025;
  private static final int R_AARCH64_JUMP_SLOT = 1026;
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private GotSlots() {}

  /** Virtual address of the slot to the name of the symbol it is filled by. */
  public static Map<Long, String> of(ElfFile elf) throws IOException {
    return of(elf, elf.dynsym(), symbol -> true);
  }

  /** The same, of symbols with these names alone. */
  public static Map<Long, String> of(ElfFile elf, Set<String> names) throws IOException {
    Optional<SymbolTable> symbols = elf.dynsym();
    BitSet wanted = new BitSet();
    int longest = names.stream().mapToInt(String::length).max().orElse(0);
    for (int i = 1; symbols.isPresent() && i < symbols.get().count(); i++) {
      int length = symbols.get().nameLength(i);
      if (length > 0 && length <= longest && names.contains(symbols.get().name(i))) {
        wanted.set(i);
      }
    }
    return wanted.isEmpty() ? Map.of() : of(elf, symbols, wanted::get);
  }

  private static Map<Long, String> of(
      ElfFile elf, Optional<SymbolTable> symbols, IntPredicate wanted) throws IOException {
    Map<Long, String> slots = new HashMap<>();
    if (symbols.isEmpty()) {
      return slots;
    }
    for (Section section : elf.linkedSections()) {
      if (section.type() == Section.SHT_RELA && section.hasPlainContents()) {
        collect(elf.contents(section), elf.machine(), symbols.get(), wanted, slots);
      }
    }
    return slots;
  }

  private static void collect(
      MemorySegment entries,
      int machine,
      SymbolTable symbols,
      IntPredicate wanted,
      Map<Long, String> slots) {
    for (long at = 0; at + ENTRY_SIZE <= entries.byteSize(); at += ENTRY_SIZE) {
      long info = entries.get(LONG, at + 8);
      long symbol = info >>> 32;
      if (fillsSlot((int) info, machine)
          && symbol > 0
          && symbol < symbols.count()
          && wanted.test((int) symbol)) {
        slots.put(entries.get(LONG, at), symbols.name((int) symbol));
      }
    }
  }

  private static boolean fillsSlot(int type, int machine) {
    return machine == ElfFile.EM_AARCH64
        ? type == R_AARCH64_GLOB_DAT || type == R_AARCH64_JUMP_SLOT
        : type == R_X86_64_GLOB_DAT || type == R_X86_64_JUMP_SLOT;
  }
}
