package org.memstacks.collect;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.ProgramHeader;
import org.memstacks.elf.Section;
import org.memstacks.elf.Symbol;
import org.memstacks.elf.SymbolTable;
import org.memstacks.elf.SymbolVersions;

/**
 * Definitions of functions in one object, by name: usually one each, several when the symbol has
 * versions.
 */
final class AllocatorSymbols {
  private AllocatorSymbols() {}

  /**
   * A definition.
   *
   * @param version that it is bound by; empty for any
   */
  record Found(Symbol symbol, Optional<String> version) {}

  /**
   * What the dynamic linker would find; in a static executable, which has only its full symbol
   * table, what the linker bound other files' calls to: local functions have their own uses for
   * their names.
   */
  static Map<String, List<Found>> visible(ElfFile elf, Set<String> names) throws IOException {
    Optional<SymbolTable> exported = elf.dynsym();
    if (exported.isPresent()) {
      SymbolVersions versions = SymbolVersions.of(elf);
      return withLabels(elf, exported.get(), names, versions::of);
    }
    Optional<SymbolTable> table = elf.symtab();
    return table.isPresent()
        ? global(withLabels(elf, table.get(), names, i -> Optional.empty()))
        : Map.of();
  }

  private static Map<String, List<Found>> global(Map<String, List<Found>> all) {
    Map<String, List<Found>> global = new HashMap<>();
    all.forEach((name, found) -> {
      List<Found> others =
          found.stream().filter(one -> one.symbol().binding() != SymbolTable.STB_LOCAL).toList();
      if (!others.isEmpty()) {
        global.put(name, others);
      }
    });
    return global;
  }

  /** Calls are bound to what assembler code gives no type, too. */
  private static Map<String, List<Found>> withLabels(
      ElfFile elf, SymbolTable table, Set<String> names, IntFunction<Optional<String>> versions)
      throws IOException {
    Map<String, List<Found>> found = pick(table, names, versions, table::isFunction);
    List<Section> sections = elf.sections();
    pick(table, names, versions, symbol -> isLabel(elf.segments(), sections, table, symbol))
        .forEach(found::putIfAbsent);
    return found;
  }

  /** Whether it is a place in the object's code that no type is stated of. */
  private static boolean isLabel(
      List<ProgramHeader> segments, List<Section> sections, SymbolTable table, int symbol) {
    int section = table.section(symbol);
    return table.type(symbol) == SymbolTable.STT_NOTYPE
        && table.binding(symbol) != SymbolTable.STB_LOCAL
        && section != SymbolTable.SHN_UNDEF
        && (section >= sections.size() || sections.get(section).isExecutable())
        && segments.stream()
            .anyMatch(segment ->
                segment.isLoad()
                    && segment.isExecutable()
                    && segment.fileCovers(table.address(symbol)));
  }

  private static Map<String, List<Found>> symtab(ElfFile elf, Set<String> names)
      throws IOException {
    Optional<SymbolTable> table = elf.symtab();
    return table.isPresent()
        ? pick(table.get(), names, i -> Optional.empty(), table.get()::isFunction)
        : Map.of();
  }

  /** What only code of the object itself can call: functions that are not exported. */
  static Map<String, List<Found>> internal(ElfFile elf, Set<String> names) throws IOException {
    if (elf.dynsym().isEmpty()) {
      return Map.of();
    }
    Map<String, List<Found>> visible = visible(elf, names);
    Map<String, List<Found>> internal = new HashMap<>();
    symtab(elf, names)
        .forEach((name, found) -> {
          List<Found> others =
              found.stream()
                  .filter(one ->
                      visible.getOrDefault(name, List.of()).stream()
                          .noneMatch(other -> other.symbol().address() == one.symbol().address()))
                  .toList();
          if (!others.isEmpty()) {
            internal.put(name, others);
          }
        });
    return internal;
  }

  /** Any definition, exported or not. */
  static Map<String, List<Found>> any(ElfFile elf, Set<String> names) throws IOException {
    Map<String, List<Found>> found = new HashMap<>(visible(elf, names));
    symtab(elf, names).forEach(found::putIfAbsent);
    return found;
  }

  private static Map<String, List<Found>> pick(
      SymbolTable table,
      Set<String> names,
      IntFunction<Optional<String>> versions,
      IntPredicate wanted) {
    Map<String, List<Found>> found = new HashMap<>();
    int longest = names.stream().mapToInt(String::length).max().orElse(0);
    for (int i = 1; i < table.count(); i++) {
      if (!wanted.test(i)) {
        continue;
      }
      int length = table.nameLength(i);
      if (length > 0 && length <= longest && names.contains(table.name(i))) {
        found
            .computeIfAbsent(table.name(i), name -> new ArrayList<>())
            .add(new Found(table.symbol(i), versions.apply(i)));
      }
    }
    return found;
  }
}
