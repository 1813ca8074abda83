package org.memstacks.collect;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.GotSlots;
import org.memstacks.target.LinkMap;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.ProcessMemory;

/**
 * Where objects call functions of an allocator's names that are not traced: their words of the
 * global offset table hold other addresses. A hooking library put them there, or the object is
 * bound to a definition of its own.
 */
final class StrayBindings {
  private final ProcessMemory memory;
  private final MemoryMap map;
  private final Set<String> names = new HashSet<>();
  private final Set<String> traced = new HashSet<>();
  /* By the object led to: the functions called so, and the objects that call them. */
  private final Map<String, Set<String>> functions = new TreeMap<>();
  private final Map<String, Set<String>> callers = new TreeMap<>();

  private StrayBindings(ProcessMemory memory, MemoryMap map, Allocator allocator) {
    this.memory = memory;
    this.map = map;
    for (HookedFunction hook : allocator.functions()) {
      names.add(hook.function().symbol());
      traced.add(place(hook.object(), hook.functionOffset()));
    }
    for (Allocator.Forwarder forwarder : allocator.forwarders()) {
      names.add(forwarder.function().symbol());
      traced.add(place(forwarder.object(), forwarder.fileOffset()));
    }
  }

  /**
   * Looks at the process as it is now.
   *
   * @return one description for each object led to, for people; none when the process has ended
   */
  static List<String> of(int pid, Allocator allocator, LoadedObjects loaded) {
    try (ProcessMemory memory = new ProcessMemory(pid)) {
      MemoryMap map = MemoryMap.of(pid);
      StrayBindings bindings = new StrayBindings(memory, map, allocator);
      for (Mapping object : LinkMap.executableMappings(pid, map)) {
        bindings.look(object, loaded);
      }
      return bindings.descriptions();
    } catch (IOException e) {
      // It ended, or may not be read: nothing is known.
      return List.of();
    }
  }

  private void look(Mapping object, LoadedObjects loaded) {
    try {
      ElfFile elf = loaded.get(object);
      OptionalLong bias = elf.loadBias(object.start(), object.offset());
      if (bias.isEmpty()) {
        return;
      }
      for (Map.Entry<Long, String> slot : GotSlots.of(elf, names).entrySet()) {
        long address = memory.read(bias.getAsLong() + slot.getKey(), Long.BYTES).getLong(0);
        look(object, slot.getValue(), address);
      }
    } catch (IOException e) {
      // Unloaded meanwhile, or not readable: then its code was not looked at either.
    }
  }

  private void look(Mapping object, String function, long address) {
    Optional<Mapping> target = map.find(address).filter(Mapping::isExecutable);
    // Before the first call a word leads to the object's own code, which looks the function up.
    if (target.isEmpty() || target.get().isOfSameFile(object) || isTraced(target.get(), address)) {
      return;
    }
    String to = target.get().isFile() ? target.get().moduleName() : "code that no file holds";
    functions.computeIfAbsent(to, name -> new TreeSet<>()).add(function);
    callers.computeIfAbsent(to, name -> new TreeSet<>()).add(object.moduleName());
  }

  private boolean isTraced(Mapping mapping, long address) {
    return traced.contains(place(mapping, address - mapping.start() + mapping.offset()));
  }

  private static String place(Mapping object, long fileOffset) {
    return object.device() + " " + object.inode() + " " + fileOffset;
  }

  private List<String> descriptions() {
    List<String> result = new ArrayList<>();
    functions.forEach((to, called) -> {
      Set<String> from = callers.get(to);
      String others = from.size() > 1 ? " and %,d more".formatted(from.size() - 1) : "";
      result.add(
          "%s of %s%s lead to %s"
              .formatted(String.join(", ", called), from.iterator().next(), others, to));
    });
    return result;
  }
}
