package org.memstacks.collect;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.memstacks.collect.AllocationProfile.Unattributed;
import org.memstacks.mapping.MappingLedger;
import org.memstacks.mapping.RangeMap;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;

/**
 * What a process has mapped at a window's end and had not at its begin, less what is explained:
 * left is what it mapped unseen, by system calls of its own. The dynamic linker's mappings, stacks
 * and what the kernel maps are no allocations.
 */
final class AddressSpaceGrowth {
  static final AddressSpaceGrowth UNKNOWN = new AddressSpaceGrowth(0, Optional.empty(), 0);

  private static final int ACCESS = Mapping.READ | Mapping.WRITE | Mapping.EXECUTE;

  private final int pid;
  private final Optional<MemoryMap> before;
  private final int execs;
  private final RangeMap<Mapping> grown = new RangeMap<>();

  private AddressSpaceGrowth(int pid, Optional<MemoryMap> before, int execs) {
    this.pid = pid;
    this.before = before;
    this.execs = execs;
  }

  /**
   * From now on.
   *
   * @param execs how many programs the process has been before
   */
  static AddressSpaceGrowth since(int pid, int execs) {
    return new AddressSpaceGrowth(pid, map(pid), execs);
  }

  /** The {@link #memoryOf} the begin; empty when that is not known. */
  Optional<RangeMap<Mapping>> memoryBefore() {
    return before.map(AddressSpaceGrowth::memoryOf);
  }

  /** What the program itself has mapped and may use: not what is merely reserved (PROT_NONE). */
  static RangeMap<Mapping> memoryOf(MemoryMap map) {
    RangeMap<Mapping> memory = new RangeMap<>();
    programs(map).stream()
        .filter(mapping -> !mapping.rawName().equals("[heap]"))
        .filter(mapping -> (mapping.protection() & ACCESS) != 0)
        .forEach(mapping -> memory.set(mapping.start(), mapping.end(), mapping));
    return memory;
  }

  /** Up to now. */
  void look(int execsNow) {
    if (before.isEmpty() || execsNow != execs) {
      return;
    }
    map(pid).ifPresent(after -> grownIn(after, before.get(), grown));
  }

  /** Takes out what the account knows, whoever mapped it. */
  void explain(MappingLedger ledger) {
    ledger.forEach((address, bytes, owner) -> grown.cut(address, address + bytes));
  }

  /** Bytes, and the pieces they lie in. */
  Unattributed unexplained() {
    return new Unattributed(grown.bytes(), grown.size());
  }

  static void grownIn(MemoryMap after, MemoryMap before, RangeMap<Mapping> grown) {
    for (Mapping mapping : programs(after)) {
      grown.set(mapping.start(), mapping.end(), mapping);
    }
    for (Mapping mapping : before.mappings()) {
      if (mapping.start() >= 0) {
        grown.cut(mapping.start(), mapping.end());
      }
    }
  }

  /** Without objects and the zeroed data behind them, stacks, and what the kernel has named. */
  private static List<Mapping> programs(MemoryMap map) {
    Set<String> objects = new HashSet<>();
    map.executable().stream().filter(Mapping::isFile).map(Mapping::objectKey).forEach(objects::add);
    List<Mapping> result = new ArrayList<>();
    long objectEnd = 0;
    for (Mapping mapping : map.mappings()) {
      String name = mapping.rawName();
      boolean anonymous = name.isEmpty() || name.startsWith("[anon");
      boolean ofObject =
          objects.contains(mapping.objectKey()) || anonymous && mapping.start() == objectEnd;
      if (ofObject) {
        objectEnd = mapping.end();
      } else if (mapping.start() >= 0
          && (anonymous || !name.startsWith("[") || name.equals("[heap]"))) {
        result.add(mapping);
      }
    }
    return result;
  }

  private static Optional<MemoryMap> map(int pid) {
    try {
      MemoryMap map = MemoryMap.of(pid);
      return map.mappings().isEmpty() ? Optional.empty() : Optional.of(map);
    } catch (IOException e) {
      // It ended, and its memory with it.
      return Optional.empty();
    }
  }
}
