package org.memstacks.collect;

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
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.GotSlots;
import org.memstacks.elf.Symbol;
import org.memstacks.elf.SymbolTable;
import org.memstacks.mapping.MappingFunction;
import org.memstacks.site.Cost;
import org.memstacks.site.FunctionCode;
import org.memstacks.site.FunctionProbe.CodeRange;
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
 * @param executable the program's own file, if it has any
 * @param calls each address once
 * @param wrappers code of sbrk, by which a caller is not told: libraries of allocators may have one
 *     that stands before libc's
 * @param problems functions that cannot be followed, and why
 * @param threadStarts code of pthread_create, which maps stacks
 */
public record MappingCalls(
    Optional<Mapping> executable,
    List<Call> calls,
    List<CodeRange> wrappers,
    List<CodeRange> threadStarts,
    List<Problem> problems) {
  private static final int MAX_CODE = 1 << 16;

  public MappingCalls {
    calls = List.copyOf(calls);
    wrappers = List.copyOf(wrappers);
    threadStarts = List.copyOf(threadStarts);
    problems = List.copyOf(problems);
  }

  /**
   * A function to probe.
   *
   * @param objectFile path under which the kernel finds the very file that is mapped
   * @param fileOffset of the probed instruction
   */
  public record Call(
      MappingFunction function, Mapping object, Path objectFile, long fileOffset, ProbeSite site) {
    /** In one line, for people. */
    public String text() {
      return "%s in %s at +0x%x: %s (%s)"
          .formatted(
              function.symbol(), object.name(), site.offset(), site.instruction(), site.reason());
    }
  }

  /**
   * Why a function cannot be followed, for people.
   *
   * @param function empty when it is any of an object
   */
  public record Problem(Optional<MappingFunction> function, String text) {
    private static Problem of(MappingFunction function, Mapping object, String reason) {
      return new Problem(
          Optional.of(function),
          "%s in %s cannot be probed%s".formatted(function.symbol(), object.name(), reason));
    }
  }

  /**
   * None of them is to be probed.
   *
   * @param reason for people
   */
  public static MappingCalls none(String reason) {
    return new MappingCalls(
        Optional.empty(),
        List.of(),
        List.of(),
        List.of(),
        List.of(new Problem(Optional.empty(), reason)));
  }

  /** All functions, each at its cheapest instruction, which may lie behind the system call. */
  public static MappingCalls find(TargetProcess target, MemoryMap map, LoadedObjects loaded)
      throws IOException {
    return new Search(target, loaded, List.of(MappingFunction.values()), false).run(map);
  }

  /**
   * Those by which mappings come, go and move; those that take something away at their first
   * instructions.
   */
  static MappingCalls ofMappings(TargetProcess target, MemoryMap map, LoadedObjects loaded)
      throws IOException {
    return new Search(target, loaded, MappingFunction.ofMappings(), true).run(map);
  }

  /** One search through a process's objects. */
  private static final class Search {
    private final TargetProcess target;
    private final LoadedObjects loaded;
    private final List<MappingFunction> functions;
    private final boolean atBegin;
    private final List<Call> calls = new ArrayList<>();
    private final List<CodeRange> wrappers = new ArrayList<>();
    private final List<CodeRange> threadStarts = new ArrayList<>();
    private final List<Problem> problems = new ArrayList<>();

    Search(
        TargetProcess target,
        LoadedObjects loaded,
        List<MappingFunction> functions,
        boolean atBegin) {
      this.target = target;
      this.loaded = loaded;
      this.functions = functions;
      this.atBegin = atBegin;
    }

    MappingCalls run(MemoryMap map) throws IOException {
      List<Mapping> objects = LinkMap.executableMappings(target.pid(), map);
      for (Mapping mapping : objects) {
        try {
          ElfFile elf = loaded.get(mapping);
          Set<Long> seen = new HashSet<>();
          for (MappingFunction function : functions) {
            Optional<Symbol> symbol = definition(elf, function.symbol());
            if (symbol.isPresent() && seen.add(symbol.get().address())) {
              add(mapping, elf, function, symbol.get());
            }
          }
          code(mapping, elf, "sbrk").ifPresent(wrappers::add);
          code(mapping, elf, "pthread_create").ifPresent(threadStarts::add);
        } catch (IOException e) {
          // The dynamic linker's own copy and libc are readable; another object seldom has them.
          problems.add(new Problem(Optional.empty(), e.getMessage()));
        }
      }
      return new MappingCalls(
          objects.stream().findFirst(), calls, wrappers, threadStarts, problems);
    }

    private static Optional<CodeRange> code(Mapping mapping, ElfFile elf, String function)
        throws IOException {
      OptionalLong bias = elf.loadBias(mapping.start(), mapping.offset());
      return definition(elf, function)
          .filter(symbol -> bias.isPresent())
          .map(symbol -> {
            long start = bias.getAsLong() + symbol.address();
            return new CodeRange(start, start + Math.max(symbol.size(), 1));
          });
    }

    private void add(Mapping mapping, ElfFile elf, MappingFunction function, Symbol symbol)
        throws IOException {
      OptionalLong offset = elf.fileOffset(symbol.address());
      if (symbol.isIndirect() || offset.isEmpty()) {
        problems.add(Problem.of(function, mapping, ""));
        return;
      }
      ProbeSite site =
          site(elf, symbol, function, function.isKnownBefore() || atBegin && function.takesAway());
      if (site.cost() == Cost.REFUSED) {
        problems.add(Problem.of(function, mapping, ": " + site.reason()));
        return;
      }
      OptionalLong bias = elf.loadBias(mapping.start(), mapping.offset());
      long probed = offset.getAsLong() + site.offset();
      if (bias.isPresent()
          && ChangedCode.isAt(
              target.pid(), elf, bias.getAsLong() + symbol.address(), offset.getAsLong(), probed)) {
        problems.add(
            Problem.of(function, mapping, ": it was changed in memory after it was loaded"));
        return;
      }
      calls.add(
          new Call(function, mapping, TargetFiles.mapFile(target.pid(), mapping), probed, site));
    }
  }

  private static ProbeSite site(
      ElfFile elf, Symbol symbol, MappingFunction function, boolean atBegin) throws IOException {
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
            // Of a function whose end is not known the first instruction is chosen.
            new FunctionCode(
                symbol.name(), symbol.address(), bytes(elf, symbol.address(), size), !atBegin),
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
