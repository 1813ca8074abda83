package org.memstacks.collect;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ForkJoinPool;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.ProgramHeader;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;
import org.memstacks.unwind.UnwindCache;

/** Finds the unwind rows of everything executable that a process has mapped. */
final class ProcessCode {
  /**
   * The page the kernel puts return trampolines and single-stepped instructions in: no code of the
   * program's.
   */
  private static final String UPROBES = "[uprobes]";

  private static final String VSYSCALL = "[vsyscall]";

  /** An object's unwind rows, and the segments by which a mapping of it tells its load bias. */
  private record Module(String name, CodeModule code, List<ProgramHeader> segments) {}

  private final LoadedObjects objects;
  private final UnwindCache cache;
  private final Map<String, Module> modules = new HashMap<>();
  private final List<String> problems = new ArrayList<>();

  ProcessCode(LoadedObjects objects, UnwindCache cache) {
    this.objects = objects;
    this.cache = cache;
  }

  /**
   * The executable mappings with their modules, ascending; objects seen before are not read again.
   */
  List<CodeArea> areas(MemoryMap map) {
    List<CodeArea> areas = new ArrayList<>();
    for (Mapping mapping : map.executable()) {
      if (!mapping.rawName().equals(UPROBES) && !mapping.rawName().equals(VSYSCALL)) {
        areas.add(mapping.isFile() || mapping.isVdso() ? described(mapping) : undescribed(mapping));
      }
    }
    return areas;
  }

  /** What is known of the code seen so far. */
  CodeCoverage coverage() {
    List<String> without = new ArrayList<>();
    long rows = 0;
    for (Module module : modules.values()) {
      rows += module.code().rows();
      if (!module.code().hasRows()) {
        without.add(module.name());
      }
    }
    return new CodeCoverage(modules.size(), rows, without.stream().sorted().toList());
  }

  /** Objects whose unwind information could not be read, and why. */
  List<String> problems() {
    return List.copyOf(problems);
  }

  private CodeArea described(Mapping mapping) {
    Module module = modules.computeIfAbsent(mapping.objectKey(), key -> read(mapping));
    OptionalLong bias = ElfFile.loadBias(module.segments(), mapping.start(), mapping.offset());
    return bias.isPresent()
        ? new CodeArea(mapping.start(), mapping.end(), bias.getAsLong(), module.code())
        : undescribed(mapping);
  }

  private static CodeArea undescribed(Mapping mapping) {
    return new CodeArea(mapping.start(), mapping.end(), 0, CodeModule.UNDESCRIBED);
  }

  private Module read(Mapping mapping) {
    try {
      ElfFile elf = objects.get(mapping);
      return new Module(
          mapping.moduleName(),
          new CodeModule(cache.table(elf, ForkJoinPool.commonPool())),
          elf.segments());
    } catch (IOException e) {
      problems.add(e.getMessage());
      return new Module(mapping.moduleName(), CodeModule.UNDESCRIBED, List.of());
    }
  }
}
