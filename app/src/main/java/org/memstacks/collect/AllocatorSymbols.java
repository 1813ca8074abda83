package org.memstacks.collect;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.Symbol;
import org.memstacks.elf.SymbolTable;

/**
 * Definitions of functions in one object, by name: usually one each, several when the symbol has
 * versions.
 */
final class AllocatorSymbols {
  private AllocatorSymbols() {}

  /** What the dynamic linker would find; a static executable has only its full symbol table. */
  static Map<String, List<Symbol>> visible(ElfFile elf, Set<String> names) throws IOException {
    Optional<SymbolTable> exported = elf.dynsym();
    Optional<SymbolTable> table = exported.isPresent() ? exported : elf.symtab();
    return table.isPresent() ? pick(table.get(), names, i -> true) : Map.of();
  }

  /** What only code of the object itself can call: functions that are not exported. */
  static Map<String, List<Symbol>> internal(ElfFile elf, Set<String> names) throws IOException {
    if (elf.dynsym().isEmpty() || elf.symtab().isEmpty()) {
      return Map.of();
    }
    SymbolTable table = elf.symtab().get();
    return pick(table, names, i -> table.binding(i) == SymbolTable.STB_LOCAL);
  }

  /** Any definition, exported or not. */
  static Map<String, List<Symbol>> any(ElfFile elf, Set<String> names) throws IOException {
    Map<String, List<Symbol>> found = new HashMap<>(visible(elf, names));
    if (elf.symtab().isPresent()) {
      pick(elf.symtab().get(), names, i -> true).forEach(found::putIfAbsent);
    }
    return found;
  }

  /** Whether the object refers to a symbol that another one defines. */
  static boolean imports(ElfFile elf, String name) throws IOException {
    Optional<SymbolTable> table = elf.dynsym();
    for (int i = 1; table.isPresent() && i < table.get().count(); i++) {
      if (table.get().section(i) == SymbolTable.SHN_UNDEF
          && table.get().nameLength(i) == name.length()
          && table.get().name(i).equals(name)) {
        return true;
      }
    }
    return false;
  }

  private static Map<String, List<Symbol>> pick(
      SymbolTable table, Set<String> names, IntPredicate which) {
    Map<String, List<Symbol>> found = new HashMap<>();
    if (names.isEmpty()) {
      return found;
    }
    int longest = names.stream().mapToInt(String::length).max().orElse(0);
    for (int i = 1; i < table.count(); i++) {
      if (!table.isFunction(i) || !which.test(i)) {
        continue;
      }
      int length = table.nameLength(i);
      if (length > 0 && length <= longest && names.contains(table.name(i))) {
        Symbol symbol = table.symbol(i);
        List<Symbol> same = found.computeIfAbsent(symbol.name(), name -> new ArrayList<>());
        if (same.stream().noneMatch(other -> other.address() == symbol.address())) {
          same.add(symbol);
        }
      }
    }
    return found;
  }
}
