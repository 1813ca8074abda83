package org.memstacks.collect;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.memstacks.collect.AllocatorSearch.Definition;
import org.memstacks.elf.ElfFile;
import org.memstacks.symbol.ArgumentWidths;
import org.memstacks.symbol.DebugFiles;
import org.memstacks.target.Mapping;

/**
 * How wide sizes are that a program's own functions take, by the object's debug information, where
 * the user who named them does not say.
 */
final class PoolArguments {
  private final DebugFiles debugFiles;

  PoolArguments(DebugFiles debugFiles) {
    this.debugFiles = debugFiles;
  }

  /** These functions of an object, with what is known of their arguments. */
  List<Definition> inFull(List<Definition> definitions, Mapping mapping, ElfFile elf) {
    List<Long> addresses =
        definitions.stream()
            .filter(PoolArguments::isOpen)
            .map(definition -> definition.symbol().address())
            .toList();
    if (addresses.isEmpty()) {
      return definitions;
    }
    Map<Long, List<Integer>> widths =
        ArgumentWidths.of(elf, debugFiles, mapping.rawName(), addresses);
    return definitions.stream()
        .map(definition -> isOpen(definition) ? sized(definition, widths) : definition)
        .collect(Collectors.toList());
  }

  /** A copy of a function that a compiler made for certain callers may take other arguments. */
  private static boolean isOpen(Definition definition) {
    AllocatorFunction function = definition.function();
    boolean said = function.sizeBits() != 0 && (function.count() == 0 || function.countBits() != 0);
    return !function.isFree() && !said && !function.symbol().contains(".");
  }

  private static Definition sized(Definition definition, Map<Long, List<Integer>> widths) {
    AllocatorFunction function = definition.function();
    List<Integer> bits = widths.getOrDefault(definition.symbol().address(), List.of());
    return definition.with(
        function.withBits(
            function.sizeBits() != 0 ? function.sizeBits() : bits(bits, function.size()),
            function.countBits() != 0 ? function.countBits() : bits(bits, function.count())));
  }

  /** 0 where it is not known. */
  private static int bits(List<Integer> widths, int position) {
    return position == 0 || position > widths.size() ? 0 : widths.get(position - 1);
  }
}
