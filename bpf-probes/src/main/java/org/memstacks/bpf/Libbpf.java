package org.memstacks.bpf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.Optional;
import org.memstacks.foreign.NativeFunction;

/**
 * The functions of libbpf.so.1 and libc that the probes use, all resolved when the class is
 * initialized, so that a missing one is known before anything is attached. Integer results of
 * libbpf are negative errno values; pointer results are NULL with errno set (libbpf 1.0 and newer).
 */
final class Libbpf {
  static final String LIBRARY = "libbpf.so.1";

  /** Before 1.0, with other functions. */
  private static final String ELDER = "libbpf.so.0";

  private static final SymbolLookup BPF = open();

  static final NativeFunction VERSION = bpf("libbpf_version_string");
  static final NativeFunction SET_PRINT = bpf("libbpf_set_print");
  static final NativeFunction POSSIBLE_CPUS = bpf("libbpf_num_possible_cpus");
  static final NativeFunction OPEN_MEM = bpf("bpf_object__open_mem");
  static final NativeFunction LOAD = bpf("bpf_object__load");
  static final NativeFunction CLOSE = bpf("bpf_object__close");
  static final NativeFunction FIND_PROGRAM = bpf("bpf_object__find_program_by_name");
  static final NativeFunction FIND_MAP = bpf("bpf_object__find_map_by_name");
  static final NativeFunction NEXT_MAP = bpf("bpf_object__next_map");
  static final NativeFunction PROGRAM_FD = bpf("bpf_program__fd");
  static final NativeFunction PROGRAM_AUTOLOAD = bpf("bpf_program__set_autoload");
  static final NativeFunction PROGRAM_ATTACH_TYPE = bpf("bpf_program__set_expected_attach_type");
  static final NativeFunction PROGRAM_RUN = bpf("bpf_prog_test_run_opts");
  static final NativeFunction ATTACH = bpf("bpf_program__attach");
  static final NativeFunction ATTACH_UPROBE = bpf("bpf_program__attach_uprobe_opts");
  static final NativeFunction ATTACH_ITERATOR = bpf("bpf_program__attach_iter");
  static final NativeFunction ITERATOR_CREATE = bpf("bpf_iter_create");
  static final NativeFunction LINK_FD = bpf("bpf_link__fd");
  static final NativeFunction LINK_DESTROY = bpf("bpf_link__destroy");
  static final NativeFunction MAP_NAME = bpf("bpf_map__name");
  static final NativeFunction MAP_FD = bpf("bpf_map__fd");
  static final NativeFunction MAP_REUSE_FD = bpf("bpf_map__reuse_fd");
  static final NativeFunction MAP_KEY_SIZE = bpf("bpf_map__key_size");
  static final NativeFunction MAP_VALUE_SIZE = bpf("bpf_map__value_size");
  static final NativeFunction MAP_MAX_ENTRIES = bpf("bpf_map__max_entries");
  static final NativeFunction MAP_SET_MAX_ENTRIES = bpf("bpf_map__set_max_entries");
  static final NativeFunction MAP_INITIAL_VALUE = bpf("bpf_map__initial_value");
  static final NativeFunction MAP_CREATE = bpf("bpf_map_create");
  static final NativeFunction MAP_UPDATE = bpf("bpf_map_update_elem");
  static final NativeFunction LOOKUP_BATCH = bpf("bpf_map_lookup_batch");

  static final NativeFunction SYSCALL = libc("syscall");
  static final NativeFunction MMAP = libc("mmap");
  static final NativeFunction MUNMAP = libc("munmap");
  static final NativeFunction READ = libc("read");
  static final NativeFunction CLOSE_FD = libc("close");
  static final NativeFunction CLOCK_GETTIME = libc("clock_gettime");
  static final NativeFunction VSNPRINTF = libc("vsnprintf");

  private Libbpf() {}

  static String string(long cString) {
    return MemorySegment.ofAddress(cString).reinterpret(Long.MAX_VALUE).getString(0);
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

  private static NativeFunction bpf(String name) {
    return required(NativeFunction.of(BPF, name), name, LIBRARY);
  }

  private static NativeFunction libc(String name) {
    return required(NativeFunction.ofC(name), name, "libc");
  }

  private static NativeFunction required(
      Optional<NativeFunction> function, String name, String library) {
    return function.orElseThrow(
        () -> new UnsatisfiedLinkError(library + " has no function " + name + ": it is too old"));
  }
}
