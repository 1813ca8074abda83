package org.memstacks.collect;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.memstacks.bpf.Layouts.Hook;
import org.memstacks.collect.AllocatorSearch.Definition;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.GotSlots;
import org.memstacks.elf.Symbol;
import org.memstacks.site.Cost;
import org.memstacks.site.FunctionCode;
import org.memstacks.site.FunctionProbe;
import org.memstacks.site.InstructionSet;
import org.memstacks.site.ObjectCode;
import org.memstacks.site.ProbeRequest;
import org.memstacks.site.SiteChooser;
import org.memstacks.target.Mapping;
import org.memstacks.target.TargetException;
import org.memstacks.target.TargetFiles;

/** Decides for one object of the allocator which of its functions are probed, and where. */
final class HookedObject {
  /* More than any allocation function has; a symbol that claims more is cut. */
  private static final int MAX_CODE = 1 << 20;

  /* Each is one more probe; real ones have a few. */
  private static final int MAX_RETURNS = 128;

  private final int pid;
  private final Mapping mapping;
  private final ElfFile elf;
  private final long bias;
  private final List<Definition> definitions;
  private final SiteChooser chooser;

  /**
   * @param definitions the functions that this object defines for the process
   * @param elsewhere functions that other objects define for it, which code here may call
   */
  HookedObject(
      int pid,
      Mapping mapping,
      ElfFile elf,
      long bias,
      List<Definition> definitions,
      Set<String> elsewhere)
      throws IOException {
    this.pid = pid;
    this.mapping = mapping;
    this.elf = elf;
    this.bias = bias;
    this.definitions = definitions;
    this.chooser =
        new SiteChooser(
            elf.machine() == ElfFile.EM_AARCH64 ? InstructionSet.AARCH64 : InstructionSet.X86_64,
            code(elf, definitions, elsewhere));
  }

  /**
   * The functions to probe: each address once, and none that only hands its calls to another one.
   *
   * @param firstId the number of the first of them
   */
  List<HookedFunction> hooks(int firstId) throws IOException {
    List<HookedFunction> hooks = new ArrayList<>();
    Set<Long> addresses = new HashSet<>();
    for (Definition definition : definitions) {
      Symbol symbol = definition.symbol();
      if (symbol.isIndirect()) {
        throw new TargetException(
            "%s in %s is an indirect function (IFUNC): which code it stands for is decided at run time,"
                    .formatted(symbol.name(), mapping.name())
                + " so it cannot be probed safely");
      }
      OptionalLong offset = elf.fileOffset(symbol.address());
      if (offset.isEmpty() || !addresses.add(symbol.address())) {
        continue;
      }
      AllocatorFunction function = definition.function();
      FunctionProbe probe = chooser.choose(functionCode(elf, symbol), request(function));
      if (!probe.forwardsOnly() && !(function.isOperator() && probe.delegates())) {
        hooks.add(hook(firstId + hooks.size(), function, symbol, offset.getAsLong(), probe));
      }
    }
    return hooks;
  }

  private HookedFunction hook(
      int id, AllocatorFunction function, Symbol symbol, long fileOffset, FunctionProbe probe)
      throws IOException {
    if (probe.site().cost() == Cost.REFUSED) {
      throw new TargetException(
          "%s in %s cannot be probed: %s"
              .formatted(symbol.name(), mapping.name(), probe.site().reason()));
    }
    List<Long> returns = function.throwing() ? returns(symbol, probe) : List.of();
    return new HookedFunction(
        id,
        function,
        mapping,
        TargetFiles.mapFile(pid, mapping),
        fileOffset + probe.site().offset(),
        bias + symbol.address(),
        symbol.size(),
        flags(function, probe),
        probe.site(),
        returns);
  }

  private List<Long> returns(Symbol symbol, FunctionProbe probe) throws TargetException {
    List<Long> offsets = new ArrayList<>();
    for (long address : probe.returns().addresses()) {
      elf.fileOffset(address).ifPresent(offsets::add);
    }
    if (offsets.isEmpty() || offsets.size() > MAX_RETURNS) {
      throw new TargetException(
          "%s in %s cannot be probed: exceptions may leave it, and %s"
              .formatted(
                  symbol.name(),
                  mapping.name(),
                  offsets.isEmpty()
                      ? "it is not known where it returns"
                      : "it returns in " + offsets.size() + " places"));
    }
    return offsets;
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

  /**
   * Jumps to malloc stand for realloc(NULL, n), and for alignments that malloc has anyway (glibc's
   * malloc/malloc.c, musl's realloc.c). A reallocation that throws leaves the old block as it was,
   * unseen.
   */
  private static long flags(AllocatorFunction function, FunctionProbe probe) {
    long flags = AllocatorCatalog.flags(function);
    if (function.throwing() && (!probe.returns().complete() || function.pointer() != 0)) {
      flags |= Hook.RETURNS_UNSEEN;
    }
    if (jumpsToMallocOf(function, probe, "realloc")) {
      flags |= Hook.NULL_IS_MALLOC;
    }
    if (jumpsToMallocOf(function, probe, "memalign")
        || jumpsToMallocOf(function, probe, "aligned_alloc")) {
      flags |= Hook.SMALL_ALIGN_IS_MALLOC;
    }
    return flags;
  }

  /** Whether the function has this name, with a prefix or without, and jumps to its own malloc. */
  private static boolean jumpsToMallocOf(
      AllocatorFunction function, FunctionProbe probe, String name) {
    String symbol = function.symbol();
    if (!symbol.endsWith(name)) {
      return false;
    }
    String malloc = AllocatorCatalog.anchor(symbol.substring(0, symbol.length() - name.length()));
    return probe.tailJumps().stream().anyMatch(jump -> jump.target().equals(malloc));
  }

  private static ObjectCode code(ElfFile elf, List<Definition> definitions, Set<String> elsewhere)
      throws IOException {
    Map<Long, String> hooked = new HashMap<>();
    Map<String, String> aliases = new HashMap<>();
    for (Definition definition : definitions) {
      String name = definition.symbol().name();
      hooked.putIfAbsent(definition.symbol().address(), name);
      aliases.put(name, hooked.get(definition.symbol().address()));
    }
    // Hooked too, but reached through the global offset table only: addresses no code of this
    // object has.
    long nowhere = -1;
    for (String name : elsewhere) {
      hooked.put(nowhere--, name);
    }
    return new ObjectCode(
        (address, length) -> bytes(elf, address, length),
        hooked,
        GotSlots.of(elf),
        aliases,
        name -> definition(elf, name));
  }

  private static OptionalLong definition(ElfFile elf, String name) {
    try {
      return elf.symbol(name).stream().mapToLong(Symbol::address).findFirst();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  private static FunctionCode functionCode(ElfFile elf, Symbol symbol) {
    int size = Math.clamp(symbol.size(), 1, MAX_CODE);
    return new FunctionCode(symbol.name(), symbol.address(), bytes(elf, symbol.address(), size));
  }

  private static byte[] bytes(ElfFile elf, long address, int length) {
    try {
      return elf.bytesAt(address, length).toArray(ValueLayout.JAVA_BYTE);
    } catch (IOException e) {
      return new byte[0];
    }
  }
}
