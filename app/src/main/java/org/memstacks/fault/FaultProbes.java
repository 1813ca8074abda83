package org.memstacks.fault;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.Errno;
import org.memstacks.bpf.Layouts.Config;
import org.memstacks.bpf.Layouts.FaultConfig;
import org.memstacks.collect.AttachKind;
import org.memstacks.collect.MappingCalls;
import org.memstacks.collect.MappingPrograms;
import org.memstacks.collect.MemoryBudget;
import org.memstacks.collect.PidNamespace;
import org.memstacks.collect.ProbeLinks;
import org.memstacks.mapping.MappingFunction;
import org.memstacks.target.KernelVersion;

/** The programs of pgfaultstacks.bpf.c, loaded and attached. */
final class FaultProbes implements AutoCloseable {
  static final String OBJECT = "pgfaultstacks";

  private static final List<String> TRACEPOINTS =
      List.of("ended", "executed", "user_fault", "kernel_fault");

  /* Tells writes to the zero page from others to pages that are there. */
  private static final String ZERO = "resident_changed";

  /* Tells what was unmapped, in place of a probe at munmap. */
  private static final String UNMAPPED = "mappings_changed";

  /* Programs without which less is told. */
  private static final Set<String> OPTIONAL =
      Set.of(
          ZERO,
          UNMAPPED,
          "fault_failed",
          "block_read",
          "buffers_registered",
          "request_submitted",
          ThreadPointers.PROGRAM);

  private static final Path NUMA_BALANCING = Path.of("/proc/sys/kernel/numa_balancing");

  /* What libbpf says when the kernel's type information lacks a tracepoint. */
  private static final Pattern NOT_FOUND =
      Pattern.compile("prog '(\\w+)': .*BTF type ID of '(\\w+)'");

  private final BpfObject object;
  private final AttachKind kind;
  private final FaultSizes sizes;
  private final boolean returns;
  private final Set<String> absent;
  private final MappingPrograms mappingPrograms;
  private final ProbeLinks links = new ProbeLinks();

  private FaultProbes(
      BpfObject object, AttachKind kind, FaultSizes sizes, boolean returns, Set<String> absent) {
    this.object = object;
    this.kind = kind;
    this.mappingPrograms = new MappingPrograms(object, kind);
    this.sizes = sizes;
    this.returns = returns;
    this.absent = absent;
  }

  /**
   * Loads the programs that this way of attaching needs, attaches nothing yet.
   *
   * @param returns whether return probes may be used
   * @throws BpfException when the kernel refuses
   * @throws IOException when the kernel has no tracepoints of page faults, or memory is short
   */
  static FaultProbes load(
      AttachKind kind, FaultOptions options, FaultSizes sizes, int pid, boolean returns)
      throws IOException {
    Set<String> absent = new HashSet<>();
    if (!tellsZero(options)) {
      absent.add(ZERO);
    }
    if (!KernelVersion.running().isAtLeast(6, 1, 0)) {
      // Without the tree in which the program looks up what is mapped.
      absent.add(UNMAPPED);
    }
    return load(kind, options, sizes, pid, returns, absent);
  }

  /**
   * @param absent programs to do without
   */
  private static FaultProbes load(
      AttachKind kind,
      FaultOptions options,
      FaultSizes sizes,
      int pid,
      boolean returns,
      Set<String> absent)
      throws IOException {
    BpfObject object = BpfObject.open(OBJECT);
    try {
      FaultProbes probes = new FaultProbes(object, kind, sizes, returns, absent);
      absent.forEach(name -> object.program(name).setAutoload(false));
      probes.mappingPrograms.select();
      sizes.apply(object);
      if (!options.force()) {
        MemoryBudget.require(sizes.kernelBytes(object), "--max-pages or --stack-storage-size");
      }
      configure(object, sizes, pid, returns, !absent.contains(ZERO));
      object.load();
      return probes;
    } catch (BpfException e) {
      object.close();
      Matcher missing = NOT_FOUND.matcher(e.log());
      if (e.errno() != Errno.ESRCH || !missing.find()) {
        throw e;
      }
      Set<String> without = new HashSet<>(absent);
      if (!OPTIONAL.contains(missing.group(1)) || !without.add(missing.group(1))) {
        throw withoutTracepoint(missing.group(2), e);
      }
      return load(kind, options, sizes, pid, returns, without);
    } catch (IOException | RuntimeException | Error e) {
      object.close();
      throw e;
    }
  }

  private static IOException withoutTracepoint(String name, BpfException e) {
    return new IOException(
        "this kernel lacks the tracepoint "
            + name
            + ", without which page faults cannot be followed: it needs CONFIG_TRACEPOINTS, on x86-64",
        e);
  }

  private static void configure(
      BpfObject object, FaultSizes sizes, int pid, boolean returns, boolean tellsZero)
      throws IOException {
    PidNamespace namespace = PidNamespace.own();
    MemorySegment config = object.map(".rodata.config").initialValue();
    sizes.stacks().configure(config);
    config.set(JAVA_LONG, Config.PID_NS_INO, namespace.inode());
    MemorySegment faults = object.map(".rodata.faults").initialValue();
    faults.set(JAVA_INT, FaultConfig.PID, pid);
    faults.set(JAVA_INT, FaultConfig.PAGE_CHUNKS, sizes.pageChunks());
    faults.set(JAVA_INT, FaultConfig.CHANGES, sizes.changes());
    faults.set(JAVA_INT, FaultConfig.NUMA_HINTS, balancesNuma() ? 1 : 0);
    faults.set(JAVA_INT, FaultConfig.TELLS_ZERO, tellsZero ? 1 : 0);
    faults.set(JAVA_INT, FaultConfig.RETURNS, returns ? 1 : 0);
    HugePages pages = HugePages.ofKernel();
    faults.set(
        JAVA_INT,
        FaultConfig.HUGE,
        (pages.huge() ? FaultConfig.HUGE_FAULTS : 0)
            | (pages.folios() ? FaultConfig.FOLIO_FAULTS : 0));
  }

  /** Before Linux 6.2 threads counted for themselves, and told of the changes now and then. */
  private static boolean tellsZero(FaultOptions options) throws IOException {
    return options.tellZero() && KernelVersion.running().isAtLeast(6, 2, 0);
  }

  /** Whether writes to the zero page are told from others to pages that are there. */
  boolean tellsZero() {
    return !absent.contains(ZERO);
  }

  /**
   * Whether the kernel makes pages fault to see who uses them
   * (Documentation/admin-guide/sysctl/kernel.rst).
   */
  private static boolean balancesNuma() {
    try {
      return !Files.readAllLines(NUMA_BALANCING).equals(List.of("0"));
    } catch (IOException e) {
      // A kernel that knows nothing of it.
      return false;
    }
  }

  BpfObject object() {
    return object;
  }

  AttachKind kind() {
    return kind;
  }

  long kernelBytes() {
    return sizes.kernelBytes(object);
  }

  long pageTableBytes() {
    return sizes.pageTableBytes(object);
  }

  /** Whether multi links of this kernel filter by process; always true for the other ways. */
  boolean filtersByProcess() {
    return mappingPrograms.filtersByProcess();
  }

  /** Whether the kernel tells what is unmapped, by whomever. */
  boolean seesUnmapped() {
    return !absent.contains(UNMAPPED);
  }

  /** Those of the calls at which there are probes. */
  List<MappingCalls.Call> probed(List<MappingCalls.Call> calls) {
    return calls.stream().filter(call -> needsProbe(call.function())).toList();
  }

  /** Those of the problems that leave a gap. */
  List<MappingCalls.Problem> missed(List<MappingCalls.Problem> problems) {
    return problems.stream()
        .filter(problem -> problem.function().map(this::needsProbe).orElse(true))
        .toList();
  }

  private boolean needsProbe(MappingFunction function) {
    return !seesUnmapped() || function != MappingFunction.MUNMAP;
  }

  /**
   * Attaches to the process.
   *
   * @throws BpfException when the kernel refuses; what was attached is detached by {@link #close}
   * @throws IOException when the kernel has no tracepoints of page faults
   */
  void attach(int pid, List<MappingCalls.Call> calls) throws IOException {
    List<MappingCalls.Call> probed = probed(calls);
    List<MappingCalls.Call> returning =
        probed.stream().filter(call -> returns && call.function().atReturn()).toList();
    mappingPrograms.attach(pid, probed, returning, links);
    List<String> programs = new ArrayList<>(TRACEPOINTS);
    OPTIONAL.stream()
        .filter(name -> !absent.contains(name) && !name.equals(ThreadPointers.PROGRAM))
        .forEach(programs::add);
    for (String name : programs) {
      try {
        links.add(object.program(name).attach());
      } catch (BpfException e) {
        if (e.errno() == Errno.ENOENT) {
          throw withoutTracepoint("of the program " + name, e);
        }
        throw e;
      }
    }
  }

  /**
   * Attaches what reads where the process's threads have their control blocks; empty when this
   * kernel has no such programs.
   */
  Optional<ThreadPointers> threadPointers(int pid) {
    if (absent.contains(ThreadPointers.PROGRAM)) {
      return Optional.empty();
    }
    try {
      return Optional.of(ThreadPointers.of(object, pid));
    } catch (BpfException e) {
      return Optional.empty();
    }
  }

  void detach() {
    links.close();
  }

  @Override
  public void close() {
    detach();
    object.close();
  }
}
