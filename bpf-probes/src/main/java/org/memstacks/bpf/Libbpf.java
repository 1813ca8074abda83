package org.memstacks.bpf;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Optional;

/**
 * The functions of libbpf.so.1 and libc that the probes use, as method handles. All symbols are
 * resolved when the class is initialized, so that a missing one is known before anything is
 * attached. Integer results of libbpf are negative errno values; pointer results are NULL with
 * errno set (libbpf 1.0 and newer).
 */
final class Libbpf {
  static final String LIBRARY = "libbpf.so.1";

  /** Before 1.0, with other functions. */
  private static final String ELDER = "libbpf.so.0";

  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup BPF = open();
  private static final SymbolLookup C = LINKER.defaultLookup();
  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
  private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO_FIELD =
      CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  static final MethodHandle VERSION = bpf("libbpf_version_string", FunctionDescriptor.of(ADDRESS));
  static final MethodHandle SET_PRINT =
      bpf("libbpf_set_print", FunctionDescriptor.of(ADDRESS, ADDRESS));
  static final MethodHandle POSSIBLE_CPUS =
      bpf("libbpf_num_possible_cpus", FunctionDescriptor.of(JAVA_INT));
  static final MethodHandle OPEN_MEM =
      bpfErrno("bpf_object__open_mem", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, ADDRESS));
  static final MethodHandle LOAD =
      bpf("bpf_object__load", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  static final MethodHandle CLOSE = bpf("bpf_object__close", FunctionDescriptor.ofVoid(ADDRESS));
  static final MethodHandle FIND_PROGRAM =
      bpfErrno(
          "bpf_object__find_program_by_name", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
  static final MethodHandle FIND_MAP =
      bpfErrno("bpf_object__find_map_by_name", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
  static final MethodHandle PROGRAM_FD =
      bpf("bpf_program__fd", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  static final MethodHandle PROGRAM_AUTOLOAD =
      bpf("bpf_program__set_autoload", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_BOOLEAN));
  static final MethodHandle PROGRAM_ATTACH_TYPE =
      bpf(
          "bpf_program__set_expected_attach_type",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
  static final MethodHandle ATTACH =
      bpfErrno("bpf_program__attach", FunctionDescriptor.of(ADDRESS, ADDRESS));
  static final MethodHandle ATTACH_UPROBE =
      bpfErrno(
          "bpf_program__attach_uprobe_opts",
          FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS));
  static final MethodHandle LINK_DESTROY =
      bpf("bpf_link__destroy", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  static final MethodHandle MAP_FD = bpf("bpf_map__fd", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  static final MethodHandle MAP_KEY_SIZE =
      bpf("bpf_map__key_size", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  static final MethodHandle MAP_VALUE_SIZE =
      bpf("bpf_map__value_size", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  static final MethodHandle MAP_MAX_ENTRIES =
      bpf("bpf_map__max_entries", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  static final MethodHandle MAP_SET_MAX_ENTRIES =
      bpf("bpf_map__set_max_entries", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
  static final MethodHandle MAP_INITIAL_VALUE =
      bpf("bpf_map__initial_value", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
  static final MethodHandle MAP_CREATE =
      bpf(
          "bpf_map_create",
          FunctionDescriptor.of(
              JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
  static final MethodHandle MAP_UPDATE =
      bpf(
          "bpf_map_update_elem",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
  static final MethodHandle LOOKUP_BATCH =
      bpf(
          "bpf_map_lookup_batch",
          FunctionDescriptor.of(
              JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));

  static final MethodHandle SYSCALL_BPF =
      LINKER.downcallHandle(
          symbol(C, "syscall", "libc"),
          FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT),
          ERRNO,
          Linker.Option.firstVariadicArg(1));
  static final MethodHandle MMAP =
      LINKER.downcallHandle(
          symbol(C, "mmap", "libc"),
          FunctionDescriptor.of(
              ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG),
          ERRNO);
  static final MethodHandle MUNMAP =
      libc("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
  static final MethodHandle CLOSE_FD = libc("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  static final MethodHandle CLOCK_GETTIME =
      libc("clock_gettime", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
  static final MethodHandle VSNPRINTF =
      libc("vsnprintf", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));

  private Libbpf() {}

  /** Room for errno during one call. */
  static MemorySegment callState(Arena arena) {
    return arena.allocate(CALL_STATE);
  }

  static int errno(MemorySegment callState) {
    return (int) ERRNO_FIELD.get(callState, 0L);
  }

  /** Wraps what invokeExact may throw besides errors: nothing is expected to. */
  static BpfException unexpected(String call, Throwable cause) {
    return new BpfException(call + " failed unexpectedly: " + cause, cause);
  }

  static String string(MemorySegment cString) {
    return cString.reinterpret(Long.MAX_VALUE).getString(0);
  }

  private static SymbolLookup open() {
    try {
      return SymbolLookup.libraryLookup(LIBRARY, Arena.global());
    } catch (IllegalArgumentException e) {
      throw new UnsatisfiedLinkError(
          LIBRARY + " cannot be loaded" + (hasElder() ? " (" + ELDER + " is there: too old)" : ""));
    }
  }

  private static boolean hasElder() {
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup.libraryLookup(ELDER, arena);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static MethodHandle bpf(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(symbol(BPF, name, LIBRARY), descriptor);
  }

  private static MethodHandle bpfErrno(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(symbol(BPF, name, LIBRARY), descriptor, ERRNO);
  }

  private static MethodHandle libc(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(symbol(C, name, "libc"), descriptor);
  }

  private static MemorySegment symbol(SymbolLookup lookup, String name, String library) {
    Optional<MemorySegment> symbol = lookup.find(name);
    if (symbol.isEmpty()) {
      throw new UnsatisfiedLinkError(library + " has no function " + name + ": it is too old");
    }
    return symbol.get();
  }
}
