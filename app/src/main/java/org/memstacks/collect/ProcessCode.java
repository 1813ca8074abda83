package org.memstacks.collect;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ForkJoinPool;
import org.memstacks.elf.ElfFile;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetFiles;
import org.memstacks.unwind.UnwindCache;

/** Finds the unwind rows of everything executable that a process has mapped. */
final class ProcessCode {
  /**
   * The page the kernel puts return trampolines and single-stepped instructions in: no code of the
   * program's.
   */
  private static final String UPROBES = "[uprobes]";

  private static final String VSYSCALL = "[vsyscall]";

  private record ModuleKey(long device, long inode, String name) {}

  private final TargetFiles files;
  private final UnwindCache cache;
  private final Map<ModuleKey, CodeModule> modules = new HashMap<>();
  private final Map<Mapping, OptionalLong> biases = new HashMap<>();
  private final List<String> problems = new ArrayList<>();

  ProcessCode(TargetFiles files, UnwindCache cache) {
    this.files = files;
    this.cache = cache;
  }

  /**
   * The executable mappings with their modules, ascending; objects seen before are not read again.
   */
  List<CodeArea> areas(MemoryMap map) {
    List<CodeArea> areas = new ArrayList<>();
    for (Mapping mapping : map.executable()) {
      if (mapping.rawName().equals(UPROBES) || mapping.rawName().equals(VSYSCALL)) {
        continue;
      }
      CodeModule module =
          mapping.isFile() || mapping.isVdso() ? module(mapping) : CodeModule.UNDESCRIBED;
      OptionalLong bias = biases.getOrDefault(mapping, OptionalLong.empty());
      areas.add(
          bias.isPresent()
              ? new CodeArea(mapping.start(), mapping.end(), bias.getAsLong(), module)
              : new CodeArea(mapping.start(), mapping.end(), 0, CodeModule.UNDESCRIBED));
    }
    return areas;
  }

  /** Objects whose unwind information could not be read, and why. */
  List<String> problems() {
    return List.copyOf(problems);
  }

  private CodeModule module(Mapping mapping) {
    ModuleKey key = new ModuleKey(mapping.device(), mapping.inode(), mapping.rawName());
    CodeModule known = modules.get(key);
    if (known != null && biases.containsKey(mapping)) {
      return known;
    }
    try (ElfFile elf = files.openObject(mapping)) {
      biases.put(mapping, elf.loadBias(mapping.start(), mapping.offset()));
      if (known == null) {
        known = new CodeModule(cache.table(elf, ForkJoinPool.commonPool()));
      }
    } catch (IOException e) {
      problems.add(e.getMessage());
      biases.put(mapping, OptionalLong.empty());
      known = known == null ? new CodeModule(Optional.empty()) : known;
    }
    modules.put(key, known);
    return known;
  }
}
