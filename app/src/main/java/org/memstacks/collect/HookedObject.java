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

  private final int pid;
  private final Mapping mapping;
  private final ElfFile elf;
  private final long bias;
  private final Map<AllocatorFunction, Symbol> symbols;
  private final SiteChooser chooser;

  /**
   * @param symbols the functions that this object defines for the process
   * @param elsewhere functions that other objects define for it, which code here may call
   */
  HookedObject(
      int pid,
      Mapping mapping,
      ElfFile elf,
      long bias,
      Map<AllocatorFunction, Symbol> symbols,
      Set<AllocatorFunction> elsewhere)
      throws IOException {
    this.pid = pid;
    this.mapping = mapping;
    this.elf = elf;
    this.bias = bias;
    this.symbols = symbols;
    this.chooser =
        new SiteChooser(
            elf.machine() == ElfFile.EM_AARCH64 ? InstructionSet.AARCH64 : InstructionSet.X86_64,
            code(elf, symbols, elsewhere));
  }

  /** The functions to probe: each address once, and none that only jumps on to another one. */
  List<HookedFunction> hooks() throws IOException {
    List<HookedFunction> hooks = new ArrayList<>();
    Set<Long> addresses = new HashSet<>();
    for (var entry : symbols.entrySet()) {
      Symbol symbol = entry.getValue();
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
      FunctionProbe probe = chooser.choose(functionCode(elf, symbol), request(entry.getKey()));
      if (!probe.forwardsOnly()) {
        hooks.add(hook(entry.getKey(), symbol, offset.getAsLong(), probe));
      }
    }
    return hooks;
  }

  private HookedFunction hook(
      AllocatorFunction function, Symbol symbol, long fileOffset, FunctionProbe probe)
      throws TargetException {
    if (probe.site().cost() == Cost.REFUSED) {
      throw new TargetException(
          "%s in %s cannot be probed: %s"
              .formatted(symbol.name(), mapping.name(), probe.site().reason()));
    }
    return new HookedFunction(
        function,
        mapping,
        TargetFiles.mapFile(pid, mapping),
        fileOffset + probe.site().offset(),
        bias + symbol.address(),
        symbol.size(),
        flags(function, probe),
        probe.site());
  }

  /**
   * A request's probe also sits where the stack pointer is untouched: its stack starts from the
   * return address.
   */
  private static ProbeRequest request(AllocatorFunction function) {
    return function.isFree()
        ? ProbeRequest.entryOnly(1).skippingNull()
        : ProbeRequest.withReturn(function.argumentCount());
  }

  /**
   * Jumps to malloc stand for realloc(NULL, n), and for alignments that malloc has anyway (glibc's
   * malloc/malloc.c, musl's realloc.c).
   */
  private static long flags(AllocatorFunction function, FunctionProbe probe) {
    boolean jumpsToMalloc =
        probe.tailJumps().stream()
            .anyMatch(jump -> jump.target().equals(AllocatorFunction.MALLOC.symbol()));
    if (!jumpsToMalloc) {
      return 0;
    }
    return switch (function) {
      case REALLOC -> Hook.NULL_IS_MALLOC;
      case MEMALIGN, ALIGNED_ALLOC -> Hook.SMALL_ALIGN_IS_MALLOC;
      default -> 0;
    };
  }

  private static ObjectCode code(
      ElfFile elf, Map<AllocatorFunction, Symbol> symbols, Set<AllocatorFunction> elsewhere)
      throws IOException {
    Map<Long, String> hooked = new HashMap<>();
    Map<String, String> aliases = new HashMap<>();
    symbols.forEach((function, symbol) -> {
      hooked.putIfAbsent(symbol.address(), function.symbol());
      aliases.put(function.symbol(), hooked.get(symbol.address()));
    });
    // Hooked too, but reached through the global offset table only: addresses no code of this
    // object has.
    elsewhere.forEach(function -> hooked.put(-1L - function.ordinal(), function.symbol()));
    return new ObjectCode(
        (address, length) -> bytes(elf, address, length), hooked, GotSlots.of(elf), aliases);
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
