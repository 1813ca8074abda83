package org.memstacks.collect;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.memstacks.bpf.Layouts.Hook;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.Symbol;
import org.memstacks.target.LinkMap;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetException;
import org.memstacks.target.TargetFiles;
import org.memstacks.target.TargetProcess;

/**
 * The allocator a process really uses: for each function the first definition in the dynamic
 * linker's look-up order, so that a preloaded allocator wins over libc's, function by function.
 *
 * @param functions those to probe, each address once
 */
public record Allocator(List<HookedFunction> functions) {
  public Allocator {
    functions = List.copyOf(functions);
  }

  /**
   * @param object restricts the search to one object: its path or name, or {@code c} for libc;
   *     empty for all
   * @throws TargetException when no malloc or free is found
   */
  public static Allocator find(TargetProcess target, MemoryMap map, Optional<String> object)
      throws IOException {
    List<Mapping> objects = LinkMap.executableMappings(target.pid(), map);
    if (object.isPresent()) {
      objects = named(objects, object.get(), target);
    }
    TargetFiles files = new TargetFiles(target.pid());
    Map<AllocatorFunction, HookedFunction> found = new EnumMap<>(AllocatorFunction.class);
    for (Mapping mapping : objects) {
      if (found.size() == AllocatorFunction.values().length) {
        break;
      }
      search(target, files, mapping, found);
    }
    require(found, AllocatorFunction.MALLOC, object, target);
    require(found, AllocatorFunction.FREE, object, target);
    return new Allocator(withoutAliases(found));
  }

  /** Objects with hooked functions, in the order they were found. */
  public List<Mapping> objects() {
    return functions.stream().map(HookedFunction::object).distinct().toList();
  }

  private static List<Mapping> named(List<Mapping> objects, String name, TargetProcess target)
      throws TargetException {
    List<Mapping> matching = objects.stream().filter(m -> isNamed(m, name)).toList();
    if (matching.isEmpty()) {
      throw new TargetException(
          "process %d (%s) has not loaded an object named %s; loaded are %s"
              .formatted(
                  target.pid(),
                  target.comm(),
                  name,
                  String.join(", ", objects.stream().map(Mapping::moduleName).toList())));
    }
    return matching;
  }

  private static boolean isNamed(Mapping mapping, String name) {
    return mapping.name().equals(name)
        || mapping.moduleName().equals(name)
        || mapping.moduleName().startsWith("lib" + name + ".so")
        || mapping.moduleName().startsWith("lib" + name + "-")
        || sameFile(mapping, name);
  }

  private static boolean sameFile(Mapping mapping, String name) {
    if (!name.contains("/")) {
      return false;
    }
    try {
      return Files.isSameFile(Path.of(name), Path.of(mapping.name()));
    } catch (IOException e) {
      return false;
    }
  }

  private static void search(
      TargetProcess target,
      TargetFiles files,
      Mapping mapping,
      Map<AllocatorFunction, HookedFunction> found)
      throws IOException {
    try (ElfFile elf = files.openObject(mapping)) {
      OptionalLong bias = elf.loadBias(mapping.start(), mapping.offset());
      if (bias.isEmpty()) {
        return;
      }
      for (AllocatorFunction function : AllocatorFunction.values()) {
        if (found.containsKey(function)) {
          continue;
        }
        Optional<Symbol> symbol = definition(elf, function.symbol());
        if (symbol.isPresent()) {
          hooked(target, mapping, elf, bias.getAsLong(), function, symbol.get())
              .ifPresent(hook -> found.put(function, hook));
        }
      }
    }
  }

  /** What the dynamic linker would find; a static executable has only its full symbol table. */
  private static Optional<Symbol> definition(ElfFile elf, String name) throws IOException {
    var exported = elf.dynsym();
    if (exported.isPresent()) {
      int index = exported.get().find(name);
      return index >= 0 && exported.get().isFunction(index)
          ? Optional.of(exported.get().symbol(index))
          : Optional.empty();
    }
    return elf.symbol(name);
  }

  private static Optional<HookedFunction> hooked(
      TargetProcess target,
      Mapping mapping,
      ElfFile elf,
      long bias,
      AllocatorFunction function,
      Symbol symbol)
      throws TargetException {
    if (symbol.isIndirect()) {
      throw new TargetException(
          "%s in %s is an indirect function (IFUNC): which code it stands for is decided at run time and cannot be"
                  .formatted(function.symbol(), mapping.name())
              + " probed safely");
    }
    OptionalLong offset = elf.fileOffset(symbol.address());
    if (offset.isEmpty()) {
      return Optional.empty();
    }
    Path file =
        Path.of("/proc/%d/map_files/%x-%x".formatted(target.pid(), mapping.start(), mapping.end()));
    return Optional.of(
        new HookedFunction(
            function,
            mapping,
            file,
            offset.getAsLong(),
            bias + symbol.address(),
            symbol.size(),
            flags(mapping, function)));
  }

  /**
   * glibc's realloc(NULL, n) and its aligned allocations of small alignment jump on to malloc,
   * which counts them (malloc/malloc.c of glibc 2.26 and newer).
   */
  private static long flags(Mapping mapping, AllocatorFunction function) {
    if (!isLibc(mapping)) {
      return 0;
    }
    return switch (function) {
      case REALLOC -> Hook.NULL_IS_MALLOC;
      case MEMALIGN, ALIGNED_ALLOC -> Hook.SMALL_ALIGN_IS_MALLOC;
      default -> 0;
    };
  }

  private static boolean isLibc(Mapping mapping) {
    return mapping.moduleName().startsWith("libc.so") || mapping.moduleName().startsWith("libc-");
  }

  /** Names that share an address get one probe; libc's reallocarray only jumps on to realloc. */
  private static List<HookedFunction> withoutAliases(Map<AllocatorFunction, HookedFunction> found) {
    List<HookedFunction> result = new ArrayList<>();
    Set<Long> addresses = new HashSet<>();
    for (HookedFunction hook : found.values()) {
      boolean delegates =
          hook.function() == AllocatorFunction.REALLOCARRAY && isLibc(hook.object());
      if (!delegates && addresses.add(hook.start())) {
        result.add(hook);
      }
    }
    return result;
  }

  private static void require(
      Map<AllocatorFunction, HookedFunction> found,
      AllocatorFunction function,
      Optional<String> object,
      TargetProcess target)
      throws TargetException {
    if (!found.containsKey(function)) {
      throw new TargetException(
          object.isPresent()
              ? "%s defines no %s; leave -O out to search every object of process %d"
                  .formatted(object.get(), function.symbol(), target.pid())
              : "no object of process %d (%s) defines %s: it may be linked statically and stripped, or use another allocator"
                  .formatted(target.pid(), target.comm(), function.symbol()));
    }
  }
}
