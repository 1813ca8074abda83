package org.memstacks.collect;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.memstacks.bpf.Layouts.Hook;
import org.memstacks.collect.AllocatorSearch.Definition;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.GotSlots;
import org.memstacks.elf.Symbol;
import org.memstacks.elf.SymbolTable;
import org.memstacks.site.Cost;
import org.memstacks.site.FunctionCode;
import org.memstacks.site.FunctionProbe;
import org.memstacks.site.FunctionProbe.CodeRange;
import org.memstacks.site.FunctionProbe.TailJump;
import org.memstacks.site.InstructionSet;
import org.memstacks.site.ObjectCode;
import org.memstacks.site.ProbeRequest;
import org.memstacks.site.ProbeSite;
import org.memstacks.site.SiteChooser;
import org.memstacks.target.Mapping;
import org.memstacks.target.ShadowStack;
import org.memstacks.target.TargetException;
import org.memstacks.target.TargetFiles;

/** Knows of one object of the allocator where its functions can be probed. */
final class HookedObject {
  /* More than any allocation function has; a symbol that claims more is cut. */
  private static final int MAX_CODE = 1 << 20;

  /* Of a function whose size is not known: its first instruction. */
  private static final int SOME_CODE = 15;

  /* Each is one more probe; real ones have a few. */
  private static final int MAX_RETURNS = 128;

  private final int pid;
  private final Mapping mapping;
  private final ElfFile elf;
  private final long bias;
  private final List<Definition> definitions;
  private final boolean shadowStack;
  private SiteChooser chooser;

  /**
   * @param definitions the functions that this object defines for the process
   */
  HookedObject(int pid, Mapping mapping, ElfFile elf, long bias, List<Definition> definitions) {
    this.pid = pid;
    this.mapping = mapping;
    this.elf = elf;
    this.bias = bias;
    this.definitions = List.copyOf(definitions);
    this.shadowStack = ShadowStack.isUsedBy(pid);
  }

  /**
   * A function that may be probed.
   *
   * @param names all its names here
   */
  record Candidate(
      HookedObject object,
      Definition definition,
      Set<String> names,
      long fileOffset,
      FunctionProbe probe) {
    AllocatorFunction function() {
      return definition.function();
    }

    /**
     * Whether it is an operator of C++ in name only, which calls malloc or free.
     *
     * @param hooked all hooked functions by name
     */
    boolean isIdle(Map<String, AllocatorFunction> hooked) {
      return function().isOperator()
          && !probe.delegates().isEmpty()
          && probe.delegates().stream()
              .map(hooked::get)
              .allMatch(other -> other != null && other.isFree() == function().isFree());
    }

    /**
     * Whether a call may end in another way than by a return. Not so of a function that calls and
     * jumps to nothing but functions that always return.
     *
     * @param hooked all hooked functions by name
     */
    boolean mayBeLeft(Map<String, AllocatorFunction> hooked) {
      if (!function().throwing()) {
        return false;
      }
      boolean stays = probe.complete() && probe.selfContained() && probe.computedJumps().isEmpty();
      return !stays
          || Stream.concat(probe.calls().stream(), probe.tailJumps().stream().map(TailJump::target))
              .anyMatch(name -> !hooked.containsKey(name) || hooked.get(name).throwing());
    }

    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }

  Mapping mapping() {
    return mapping;
  }

  /** The names under which its functions are called. */
  Set<String> names() {
    return functions().keySet();
  }

  /** The names that it exports its functions by besides, to those they are known by. */
  Map<String, String> otherNames() throws IOException {
    Map<Long, String> known = new HashMap<>();
    definitions.forEach(
        definition -> known.putIfAbsent(definition.symbol().address(), definition.symbol().name()));
    Map<String, String> others = new HashMap<>();
    Optional<SymbolTable> exported = elf.dynsym();
    for (int i = 0; exported.isPresent() && i < exported.get().count(); i++) {
      SymbolTable symbols = exported.get();
      String name = symbols.isFunction(i) ? known.get(symbols.address(i)) : null;
      if (name != null) {
        others.put(symbols.name(i), name);
      }
    }
    return others;
  }

  Map<String, AllocatorFunction> functions() {
    Map<String, AllocatorFunction> functions = new HashMap<>();
    definitions.forEach(
        definition -> functions.put(definition.symbol().name(), definition.function()));
    return functions;
  }

  /**
   * The functions that may be probed, each address once.
   *
   * @param hooked the names of all functions that objects of the process define and that code here
   *     may call, each to the one it is known by
   */
  List<Candidate> candidates(Map<String, String> hooked) throws IOException {
    Map<Long, Set<String>> names = new HashMap<>();
    List<FunctionCode> codes = new ArrayList<>();
    for (Definition definition : definitions) {
      Symbol symbol = definition.symbol();
      if (symbol.isIndirect()) {
        throw new TargetException(
            "%s in %s is an indirect function (IFUNC): which code it stands for is decided at run time,"
                    .formatted(symbol.name(), mapping.name())
                + " so it cannot be probed safely");
      }
      if (names.put(symbol.address(), new HashSet<>()) == null) {
        codes.add(functionCode(elf, symbol));
      }
    }
    definitions.forEach(
        definition -> names.get(definition.symbol().address()).add(definition.symbol().name()));
    chooser =
        new SiteChooser(
            elf.machine() == ElfFile.EM_AARCH64 ? InstructionSet.AARCH64 : InstructionSet.X86_64,
            code(elf, definitions, hooked),
            codes,
            shadowStack);
    List<Candidate> candidates = new ArrayList<>();
    Set<Long> addresses = new HashSet<>();
    for (Definition definition : definitions) {
      Symbol symbol = definition.symbol();
      OptionalLong offset = elf.fileOffset(symbol.address());
      if (offset.isPresent() && addresses.add(symbol.address())) {
        FunctionProbe probe =
            chooser.choose(functionCode(elf, symbol), request(definition.function()));
        candidates.add(
            new Candidate(
                this, definition, names.get(symbol.address()), offset.getAsLong(), probe));
      }
    }
    return candidates;
  }

  /**
   * The function with its probe.
   *
   * @param flags beyond those that follow from the function alone
   * @param followed jumps by which calls come to another probe
   * @param mayBeLeft whether a return probe would be in the way: its returns are seen at the
   *     instructions instead
   */
  HookedFunction hook(
      int id, Candidate candidate, long flags, List<TailJump> followed, boolean mayBeLeft)
      throws IOException {
    AllocatorFunction function = candidate.function();
    Symbol symbol = candidate.definition().symbol();
    FunctionProbe probe = candidate.probe();
    Set<Long> jumps = followed.stream().map(TailJump::address).collect(Collectors.toSet());
    probe.computedJumps().forEach(jump -> jumps.add(jump.address()));
    // A jump's own probe says that a call goes on; it must not come first for the call itself.
    ProbeSite site = chooser.site(functionCode(elf, symbol), request(function), jumps);
    List<CodeRange> code =
        probe.body().stream()
            .map(range -> new CodeRange(bias + range.start(), bias + range.end()))
            .toList();
    long start = bias + symbol.address();
    return new HookedFunction(
        id,
        function,
        mapping,
        TargetFiles.mapFile(pid, mapping),
        candidate.fileOffset() + site.offset(),
        start,
        symbol.size() > 0 ? symbol.size() : sizeFrom(start, code),
        flags
            | flags(function, probe, mayBeLeft)
            | (candidate.definition().isPool() ? Hook.POOL : 0),
        site,
        mayBeLeft && site.cost() != Cost.REFUSED ? returns(symbol, probe) : List.of(),
        Stream.of(jumps(followed, false), jumps(probe.repeats(), true), computed(probe))
            .flatMap(found -> found)
            .toList(),
        inexact(Stream.concat(followed.stream(), probe.repeats().stream())),
        candidate.definition().isPool() ? List.of() : code);
  }

  private static long sizeFrom(long start, List<CodeRange> code) {
    return code.stream()
        .filter(range -> range.start() == start)
        .mapToLong(range -> range.end() - start)
        .findFirst()
        .orElse(0);
  }

  private Stream<HookedFunction.Jump> jumps(List<TailJump> jumps, boolean repeats) {
    return jumps.stream()
        .filter(jump -> jump.probeable() && elf.fileOffset(jump.address()).isPresent())
        .map(jump ->
            new HookedFunction.Jump(
                elf.fileOffset(jump.address()).getAsLong(),
                jump.condition(),
                repeats,
                Optional.empty()));
  }

  private Stream<HookedFunction.Jump> computed(FunctionProbe probe) {
    return probe.computedJumps().stream()
        .filter(jump -> elf.fileOffset(jump.address()).isPresent())
        .map(jump ->
            new HookedFunction.Jump(
                elf.fileOffset(jump.address()).getAsLong(),
                OptionalInt.empty(),
                false,
                Optional.of(jump.target())));
  }

  private static Optional<String> inexact(Stream<TailJump> jumps) {
    return jumps
        .filter(jump -> !jump.probeable())
        .findFirst()
        .map(jump ->
            "calls go on to %s at 0x%x, where no probe can tell"
                .formatted(jump.target(), jump.address()));
  }

  private List<Long> returns(Symbol symbol, FunctionProbe probe) throws TargetException {
    List<Long> offsets = new ArrayList<>();
    for (long address : probe.returns().addresses()) {
      elf.fileOffset(address).ifPresent(offsets::add);
    }
    if (offsets.isEmpty() || offsets.size() > MAX_RETURNS) {
      throw new TargetException(
          "%s in %s cannot be probed: exceptions or longjmp may leave it, and %s"
              .formatted(
                  symbol.name(),
                  mapping.name(),
                  offsets.isEmpty()
                      ? unknownReturns(probe)
                      : "it returns in " + offsets.size() + " places"));
    }
    return offsets;
  }

  private static String unknownReturns(FunctionProbe probe) {
    return probe.tailJumps().isEmpty()
        ? "it is not known where it returns"
        : "it ends by a jump to "
            + probe.tailJumps().getFirst().target()
            + ", which sees its calls";
  }

  /**
   * A request's probe also sits where the stack pointer is untouched: its stack starts from the
   * return address.
   */
  private static ProbeRequest request(AllocatorFunction function) {
    int arguments = function.argumentCount();
    if (!function.isFree()) {
      return ProbeRequest.withReturn(arguments).anyRegister();
    }
    ProbeRequest free = ProbeRequest.entryOnly(arguments).anyRegister();
    return function.pointer() == 1 ? free.skippingNull() : free;
  }

  /** A reallocation that throws leaves the old block as it was, unseen. */
  private static long flags(AllocatorFunction function, FunctionProbe probe, boolean mayBeLeft) {
    long flags = AllocatorCatalog.flags(function);
    if (mayBeLeft && (!probe.returns().complete() || function.pointer() != 0)) {
      flags |= Hook.RETURNS_UNSEEN;
    }
    return flags;
  }

  private static ObjectCode code(
      ElfFile elf, List<Definition> definitions, Map<String, String> elsewhere) throws IOException {
    Map<Long, String> hooked = new HashMap<>();
    Map<String, String> aliases = new HashMap<>();
    for (Definition definition : definitions) {
      String name = definition.symbol().name();
      hooked.putIfAbsent(definition.symbol().address(), name);
      aliases.put(name, hooked.get(definition.symbol().address()));
    }
    Map<Long, String> slots = GotSlots.of(elf);
    Set<String> called = new HashSet<>(slots.values());
    // Hooked too, but reached through the global offset table only: addresses no code of this
    // object has.
    long nowhere = -1;
    for (Map.Entry<String, String> other : elsewhere.entrySet()) {
      String name = other.getKey();
      if (!aliases.containsKey(name) && other.getValue().equals(name)) {
        hooked.put(nowhere--, name);
      } else if (!aliases.containsKey(name)
          && called.contains(name)
          && definition(elf, name).isEmpty()) {
        aliases.put(name, other.getValue());
      }
    }
    // Looked for in whole symbol tables, and asked for of each call.
    Map<String, OptionalLong> found = new HashMap<>();
    return new ObjectCode(
        (address, length) -> bytes(elf, address, length),
        hooked,
        slots,
        aliases,
        name -> found.computeIfAbsent(name, symbol -> definition(elf, symbol)));
  }

  private static OptionalLong definition(ElfFile elf, String name) {
    try {
      return elf.symbol(name).stream().mapToLong(Symbol::address).findFirst();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  private static FunctionCode functionCode(ElfFile elf, Symbol symbol) {
    boolean sized = symbol.size() > 0;
    int size = sized ? (int) Math.min(symbol.size(), MAX_CODE) : SOME_CODE;
    return new FunctionCode(
        symbol.name(), symbol.address(), bytes(elf, symbol.address(), size), sized);
  }

  private static byte[] bytes(ElfFile elf, long address, int length) {
    try {
      return elf.bytesAt(address, length).toArray(ValueLayout.JAVA_BYTE);
    } catch (IOException e) {
      return new byte[0];
    }
  }
}
