package org.memstacks.fault;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.memstacks.collect.ChangedCode;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.GotSlots;
import org.memstacks.elf.Symbol;
import org.memstacks.elf.SymbolTable;
import org.memstacks.site.Cost;
import org.memstacks.site.FunctionCode;
import org.memstacks.site.InstructionSet;
import org.memstacks.site.ObjectCode;
import org.memstacks.site.ProbeRequest;
import org.memstacks.site.ProbeSite;
import org.memstacks.site.SiteChooser;
import org.memstacks.target.LinkMap;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetFiles;
import org.memstacks.target.TargetProcess;

/**
 * Where a process calls the mmap family: every definition in the objects it has loaded, since one
 * that stands before libc's calls on to it.
 *
 * @param calls each address once
 * @param problems functions that cannot be followed, and why
 */
record MappingCalls(List<Call> calls, List<String> problems) {
  private static final int MAX_CODE = 1 << 16;

  MappingCalls {
    calls = List.copyOf(calls);
    problems = List.copyOf(problems);
  }

  /**
   * A function to probe.
   *
   * @param objectFile path under which the kernel finds the very file that is mapped
   * @param fileOffset of the probed instruction
   */
  record Call(
      MappingFunction function, Mapping object, Path objectFile, long fileOffset, ProbeSite site) {}

  static MappingCalls find(TargetProcess target, MemoryMap map, LoadedObjects loaded)
      throws IOException {
    List<Call> calls = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (Mapping mapping : LinkMap.executableMappings(target.pid(), map)) {
      try {
        ElfFile elf = loaded.get(mapping);
        Set<Long> seen = new HashSet<>();
        for (MappingFunction function : MappingFunction.values()) {
          Optional<Symbol> symbol = definition(elf, function.symbol());
          if (symbol.isPresent() && seen.add(symbol.get().address())) {
            add(target, mapping, elf, function, symbol.get(), calls, problems);
          }
        }
      } catch (IOException e) {
        // The dynamic linker's own copy and libc are readable; another object seldom has them.
        problems.add(e.getMessage());
      }
    }
    return new MappingCalls(calls, problems);
  }

  private static void add(
      TargetProcess target,
      Mapping mapping,
      ElfFile elf,
      MappingFunction function,
      Symbol symbol,
      List<Call> calls,
      List<String> problems)
      throws IOException {
    OptionalLong offset = elf.fileOffset(symbol.address());
    if (symbol.isIndirect() || offset.isEmpty()) {
      problems.add(function.symbol() + " in " + mapping.name() + " cannot be probed");
      return;
    }
    ProbeSite site = site(elf, symbol, function);
    if (site.cost() == Cost.REFUSED) {
      problems.add(
          "%s in %s cannot be probed: %s"
              .formatted(function.symbol(), mapping.name(), site.reason()));
      return;
    }
    OptionalLong bias = elf.loadBias(mapping.start(), mapping.offset());
    long probed = offset.getAsLong() + site.offset();
    if (bias.isPresent()
        && ChangedCode.isAt(
            target.pid(), elf, bias.getAsLong() + symbol.address(), offset.getAsLong(), probed)) {
      problems.add(
          "%s in %s cannot be probed: it was changed in memory after it was loaded"
              .formatted(function.symbol(), mapping.name()));
      return;
    }
    calls.add(
        new Call(function, mapping, TargetFiles.mapFile(target.pid(), mapping), probed, site));
  }

  private static ProbeSite site(ElfFile elf, Symbol symbol, MappingFunction function)
      throws IOException {
    ObjectCode object =
        new ObjectCode(
            (address, length) -> bytes(elf, address, length),
            Map.of(symbol.address(), function.symbol()),
            GotSlots.of(elf),
            Map.of());
    InstructionSet machine =
        elf.machine() == ElfFile.EM_AARCH64 ? InstructionSet.AARCH64 : InstructionSet.X86_64;
    int size = Math.clamp(symbol.size(), 1, MAX_CODE);
    return new SiteChooser(machine, object)
        .choose(
            new FunctionCode(symbol.name(), symbol.address(), bytes(elf, symbol.address(), size)),
            ProbeRequest.withReturn(function.arguments()))
        .site();
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

  private static byte[] bytes(ElfFile elf, long address, int length) {
    try {
      return elf.bytesAt(address, length).toArray(ValueLayout.JAVA_BYTE);
    } catch (IOException e) {
      return new byte[0];
    }
  }
}
