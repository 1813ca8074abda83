package org.memstacks.collect;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.Symbol;
import org.memstacks.elf.SymbolTable;
import org.memstacks.target.LinkMap;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetException;
import org.memstacks.target.TargetProcess;

/**
 * The allocator a process really uses: for each function the first definition in the dynamic
 * linker's look-up order, so that a preloaded allocator wins over libc's, function by function.
 *
 * @param functions those to probe, each address once
 * @param object what the search was restricted to, see {@link #find}
 */
public record Allocator(List<HookedFunction> functions, Optional<String> object) {
  public Allocator {
    functions = List.copyOf(functions);
  }

  /**
   * @param object restricts the search to one object: its path or name, or {@code c} for libc;
   *     empty for all
   * @throws TargetException when no malloc or free is found
   * @throws AccessDeniedException when they may be in objects that this process may not read
   */
  public static Allocator find(
      TargetProcess target, MemoryMap map, LoadedObjects loaded, Optional<String> object)
      throws IOException {
    List<Mapping> objects = LinkMap.executableMappings(target.pid(), map);
    if (object.isPresent()) {
      objects = named(objects, object.get(), target);
    }
    Set<AllocatorFunction> found = EnumSet.noneOf(AllocatorFunction.class);
    List<HookedFunction> hooks = new ArrayList<>();
    List<IOException> unreadable = new ArrayList<>();
    for (Mapping mapping : objects) {
      if (found.size() == AllocatorFunction.values().length) {
        break;
      }
      try {
        search(target, mapping, loaded.get(mapping), found, hooks);
      } catch (TargetException e) {
        throw e;
      } catch (IOException e) {
        // Another object may have the functions; if none does, this one's trouble may be why.
        unreadable.add(e);
      }
    }
    for (AllocatorFunction needed : List.of(AllocatorFunction.MALLOC, AllocatorFunction.FREE)) {
      if (!found.contains(needed)) {
        throw missing(needed, object, target, unreadable);
      }
    }
    return new Allocator(hooks, object);
  }

  /** The same search, when the process has become another program. */
  Allocator searchAgain(TargetProcess target, MemoryMap map, LoadedObjects loaded)
      throws IOException {
    return find(target, map, loaded, object);
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
      Mapping mapping,
      ElfFile elf,
      Set<AllocatorFunction> found,
      List<HookedFunction> hooks)
      throws IOException {
    OptionalLong bias = elf.loadBias(mapping.start(), mapping.offset());
    if (bias.isEmpty()) {
      return;
    }
    Map<AllocatorFunction, Symbol> symbols = new EnumMap<>(AllocatorFunction.class);
    for (AllocatorFunction function : AllocatorFunction.values()) {
      if (!found.contains(function)) {
        definition(elf, function.symbol()).ifPresent(symbol -> symbols.put(function, symbol));
      }
    }
    if (!symbols.isEmpty()) {
      hooks.addAll(
          new HookedObject(target.pid(), mapping, elf, bias.getAsLong(), symbols, found).hooks());
      found.addAll(symbols.keySet());
    }
  }

  /** What the dynamic linker would find; a static executable has only its full symbol table. */
  private static Optional<Symbol> definition(ElfFile elf, String name) throws IOException {
    Optional<SymbolTable> exported = elf.dynsym();
    if (exported.isEmpty()) {
      return elf.symbol(name);
    }
    int index = exported.get().find(name);
    return index >= 0 && exported.get().isFunction(index)
        ? Optional.of(exported.get().symbol(index))
        : Optional.empty();
  }

  private static IOException missing(
      AllocatorFunction function,
      Optional<String> object,
      TargetProcess target,
      List<IOException> unreadable) {
    for (IOException e : unreadable) {
      if (e instanceof AccessDeniedException) {
        return e;
      }
    }
    String what =
        object.isPresent()
            ? "%s defines no %s; leave -O out to search every object of process %d"
                .formatted(object.get(), function.symbol(), target.pid())
            : "no object of process %d (%s) defines %s: it may be linked statically and stripped, or not use malloc at all"
                .formatted(target.pid(), target.comm(), function.symbol());
    return new TargetException(
        unreadable.isEmpty()
            ? what
            : what
                + "; not readable: "
                + unreadable.stream()
                    .map(IOException::getMessage)
                    .collect(Collectors.joining("; ")));
  }
}
