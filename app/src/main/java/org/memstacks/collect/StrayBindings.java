package org.memstacks.collect;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.memstacks.bpf.KernelClock;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.GotSlots;
import org.memstacks.elf.SymbolTable;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.ProcessMemory;

/**
 * Where objects call functions of an allocator's names that are not traced: their words of the
 * global offset table hold other addresses. A hooking library put them there, or the object is
 * bound to a definition of its own. Looked for while the process lives: what was found once stays.
 */
final class StrayBindings {
  private static final long SOON_NANOS = 100_000_000;
  /* The pause doubles up to this: programs that end soon are looked at, too. */
  private static final long AGAIN_NANOS = 1_000_000_000;
  /* Of a processor's time from one look to the next, at most the fiftieth part is taken by it. */
  private static final long SHARE = 50;

  /* Of an object; real ones have one or two for each name. */
  private static final int MAX_SLOTS = 1024;

  private static final String ANCHOR = AllocatorCatalog.anchor("");
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /**
   * A word that the dynamic linker fills.
   *
   * @param initial what the file has there: before the first call it leads to code of the object's
   *     own, which looks the function up
   */
  private record Slot(long address, String function, long initial) {}

  private record Binding(
      Mapping object, long slot, Mapping target, String function, long address) {}

  private final int pid;
  private final LoadedObjects loaded;
  private final BooleanSupplier isSameProgram;
  private final Map<String, List<Slot>> slots = new HashMap<>();
  private final Set<String> names = new HashSet<>();
  /* Those, and what is not traced anywhere. */
  private final Set<String> called = new HashSet<>();
  private final Set<String> traced = new HashSet<>();
  /* By the object led to: the functions called so, and the objects that call them. */
  private final Map<String, Set<String>> functions = new TreeMap<>();
  private final Map<String, Set<String>> callers = new TreeMap<>();
  private Allocator allocator;
  private boolean isFirstLook;
  private long pause = SOON_NANOS / 2;
  private long lookedAt;
  private long cost;

  /**
   * @param isSameProgram whether the process has not become another program than the one whose
   *     allocator is told
   */
  StrayBindings(int pid, LoadedObjects loaded, BooleanSupplier isSameProgram) {
    this.pid = pid;
    this.loaded = loaded;
    this.isSameProgram = isSameProgram;
  }

  private void expect(Allocator now) {
    if (now == allocator) {
      return;
    }
    allocator = now;
    isFirstLook = true;
    slots.clear();
    names.clear();
    traced.clear();
    for (HookedFunction hook : now.functions()) {
      addName(hook.function());
      traced.add(place(hook.object(), hook.functionOffset()));
    }
    for (Allocator.Forwarder forwarder : now.forwarders()) {
      addName(forwarder.function());
      traced.add(place(forwarder.object(), forwarder.fileOffset()));
    }
    called.clear();
    called.addAll(names);
    called.addAll(AllocatorCatalog.untracedBeside(names));
  }

  /** Programs have operators of C++ of their own, which call malloc. */
  private void addName(AllocatorFunction function) {
    if (!function.isOperator()) {
      names.add(function.symbol());
    }
  }

  /**
   * Looks again after a while, in which other things have the collector's time.
   *
   * @param isNewCode whether code was seen that was not there at the last look
   */
  void lookIfDue(Allocator now, boolean isNewCode) {
    long wait = Math.max(SHARE * cost, isNewCode ? Math.min(SOON_NANOS, pause) : pause);
    if (System.nanoTime() - lookedAt >= wait) {
      pause = Math.min(2 * pause, AGAIN_NANOS);
      look(now);
    }
  }

  /**
   * Looks at the process as it is now; nothing is found when it has ended.
   *
   * @param now what is traced of it
   */
  void look(Allocator now) {
    if (now.query().object().isPresent()) {
      // What other objects' functions bring is not asked for.
      return;
    }
    long begin = KernelClock.threadNanos();
    expect(now);
    try (ProcessMemory memory = new ProcessMemory(pid)) {
      MemoryMap map = loaded.look(pid);
      List<Binding> found = new ArrayList<>();
      Set<String> seen = new HashSet<>();
      for (Mapping object : map.executable()) {
        if (object.isFile() && seen.add(object.objectKey())) {
          look(memory, map, object, found);
        }
      }
      if (!found.isEmpty()) {
        keep(memory, found);
      }
      isFirstLook = false;
    } catch (IOException e) {
      // It ended, or may not be read: nothing more is known.
    }
    lookedAt = System.nanoTime();
    cost = KernelClock.threadNanos() - begin;
  }

  private void look(ProcessMemory memory, MemoryMap map, Mapping object, List<Binding> found) {
    try {
      List<Slot> filled = slots.get(object.objectKey());
      if (filled == null) {
        filled = slots(object);
        slots.put(object.objectKey(), filled);
        if (!isFirstLook) {
          lookForAllocator(map, object, filled);
        }
      }
      OptionalLong bias =
          filled.isEmpty()
              ? OptionalLong.empty()
              : loaded.get(object).loadBias(object.start(), object.offset());
      for (Slot slot : bias.isPresent() ? filled : List.<Slot>of()) {
        long at = bias.getAsLong() + slot.address();
        long address = memory.read(at, Long.BYTES).getLong(0);
        Optional<Mapping> target = map.find(address).filter(Mapping::isExecutable);
        if (target.isPresent()
            && address != bias.getAsLong() + slot.initial()
            && !isTraced(target.get(), address)
            && !isOfAllocatorItself(slot, object, target.get())
            && !standsForImport(target.get(), slot.function(), address)) {
          found.add(new Binding(object, at, target.get(), slot.function(), address));
        }
      }
    } catch (IOException e) {
      // Unloaded meanwhile, or not readable: then its code was not looked at either.
    }
  }

  /**
   * An allocator's functions that are not traced call each other, whether anybody calls them or
   * not.
   */
  private boolean isOfAllocatorItself(Slot slot, Mapping object, Mapping target) {
    return !names.contains(slot.function()) && target.isOfSameFile(object);
  }

  /**
   * Whether an object that was loaded later has an allocator that no word leads to: its own calls
   * were bound to it when it was linked.
   */
  private void lookForAllocator(MemoryMap map, Mapping object, List<Slot> filled)
      throws IOException {
    ElfFile elf = loaded.get(object);
    OptionalLong bias = elf.loadBias(object.start(), object.offset());
    Map<String, List<AllocatorSymbols.Found>> own = AllocatorSymbols.visible(elf, names);
    if (bias.isEmpty() || !own.containsKey(ANCHOR) || !isSameProgram.getAsBoolean()) {
      return;
    }
    for (Map.Entry<String, List<AllocatorSymbols.Found>> definitions : own.entrySet()) {
      String function = definitions.getKey();
      boolean isTraced =
          definitions.getValue().stream()
              .map(found -> bias.getAsLong() + found.symbol().address())
              .anyMatch(at -> map.find(at).filter(in -> isTraced(in, at)).isPresent());
      if (!isTraced && filled.stream().noneMatch(slot -> slot.function().equals(function))) {
        note(object, object.moduleName(), function);
      }
    }
  }

  private void note(Mapping object, String to, String function) {
    functions.computeIfAbsent(to, name -> new TreeSet<>()).add(function);
    callers.computeIfAbsent(to, name -> new TreeSet<>()).add(object.moduleName());
  }

  private List<Slot> slots(Mapping object) {
    List<Slot> filled = new ArrayList<>();
    try {
      ElfFile elf = loaded.get(object);
      for (Map.Entry<Long, String> slot : GotSlots.of(elf, called).entrySet()) {
        if (filled.size() < MAX_SLOTS) {
          filled.add(new Slot(slot.getKey(), slot.getValue(), initial(elf, slot.getKey())));
        }
      }
      return filled;
    } catch (IOException e) {
      return List.of();
    }
  }

  /** What the file has at this address; 0 where it has nothing. */
  private static long initial(ElfFile elf, long address) throws IOException {
    if (elf.fileOffset(address).isEmpty()) {
      return 0;
    }
    MemorySegment word = elf.bytesAt(address, Long.BYTES);
    return word.byteSize() < Long.BYTES ? 0 : word.get(WORD, 0);
  }

  /** Those that are still so, of objects that are still there: others may have come meanwhile. */
  private void keep(ProcessMemory memory, List<Binding> found) throws IOException {
    MemoryMap map = MemoryMap.of(pid);
    for (Binding binding : found) {
      if (isStill(map, binding.object())
          && isStill(map, binding.target())
          && memory.read(binding.slot(), Long.BYTES).getLong(0) == binding.address()
          && isSameProgram.getAsBoolean()) {
        Mapping target = binding.target();
        String to = target.isFile() ? target.moduleName() : "code that no file holds";
        note(binding.object(), to, binding.function());
      }
    }
  }

  private static boolean isStill(MemoryMap map, Mapping mapping) {
    return map.find(mapping.start())
        .filter(now -> now.start() == mapping.start() && now.offset() == mapping.offset())
        .filter(now -> now.device() == mapping.device() && now.inode() == mapping.inode())
        .isPresent();
  }

  private boolean isTraced(Mapping mapping, long address) {
    return traced.contains(place(mapping, address - mapping.start() + mapping.offset()));
  }

  /**
   * Whether this is where an executable of fixed addresses calls the function in another object:
   * its entry in the procedure linkage table is the function's address for all objects (x86-64
   * psABI, "Function Addresses").
   */
  private boolean standsForImport(Mapping mapping, String function, long address)
      throws IOException {
    if (!mapping.isFile()) {
      return false;
    }
    ElfFile elf = loaded.get(mapping);
    OptionalLong bias = elf.loadBias(mapping.start(), mapping.offset());
    Optional<SymbolTable> symbols = elf.dynsym();
    for (int i = 1; bias.isPresent() && symbols.isPresent() && i < symbols.get().count(); i++) {
      if (symbols.get().section(i) == SymbolTable.SHN_UNDEF
          && symbols.get().address(i) == address - bias.getAsLong()
          && symbols.get().name(i).equals(function)) {
        return true;
      }
    }
    return false;
  }

  private static String place(Mapping object, long fileOffset) {
    return object.device() + " " + object.inode() + " " + fileOffset;
  }

  /** One for each object led to, for people. */
  List<String> descriptions() {
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
