package org.memstacks.bpf;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import org.memstacks.foreign.NativeFunction;

/**
 * A BPF object file of this module, first opened (sizes and tunables can still be set), then loaded
 * (programs are in the kernel and can be attached). Closing it unloads programs and maps; links
 * must be closed before. Not thread-safe.
 */
public final class BpfObject implements AutoCloseable {
  private final long object;
  private final String name;
  private boolean closed;

  private BpfObject(long object, String name) {
    this.object = object;
    this.name = name;
  }

  /**
   * Resolves libbpf's functions and reads the object on another thread, so that a later {@link
   * #open} is quick: making the method handles takes as long as finding the target's allocator.
   * What fails here fails again there, and is reported there.
   */
  public static void warmUp(String name) {
    Thread.ofPlatform()
        .daemon()
        .name("libbpf")
        .start(() -> {
          try {
            open(name).close();
          } catch (RuntimeException | LinkageError e) {
            // Reported by the open that counts.
          }
        });
  }

  /**
   * Opens the object compiled from {@code NAME.bpf.c}.
   *
   * @throws BpfException when libbpf cannot read it
   * @throws UnsatisfiedLinkError when libbpf is missing or too old
   */
  public static BpfObject open(String name) {
    requireLibrary();
    byte[] bytes = resource(name + ".bpf.o");
    try (Arena arena = Arena.ofConfined();
        LibbpfLog log = new LibbpfLog()) {
      MemorySegment file = arena.allocate(bytes.length, 8);
      MemorySegment.copy(bytes, 0, file, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, bytes.length);
      MemorySegment state = NativeFunction.callState(arena);
      long object = Libbpf.OPEN_MEM.call(state, file.address(), bytes.length, 0);
      if (object == 0) {
        throw new BpfException(
            "bpf_object__open_mem(" + name + ")", NativeFunction.errno(state), log.text());
      }
      return new BpfObject(object, name);
    }
  }

  /**
   * Before load: takes the maps of another object instead of creating its own of the same names.
   * They stay as they are, whatever sizes and contents were set here.
   */
  public void shareMapsOf(BpfObject loaded) {
    Map<String, Long> theirs = loaded.mapsByName();
    mapsByName()
        .forEach((map, own) -> {
          if (theirs.containsKey(map)) {
            int result = Libbpf.MAP_REUSE_FD.callInt(own, Libbpf.MAP_FD.callInt(theirs.get(map)));
            if (result < 0) {
              throw new BpfException("bpf_map__reuse_fd(" + name + ", " + map + ")", -result, "");
            }
          }
        });
  }

  private Map<String, Long> mapsByName() {
    Map<String, Long> maps = new LinkedHashMap<>();
    long map = Libbpf.NEXT_MAP.call(object, 0);
    while (map != 0) {
      maps.put(Libbpf.string(Libbpf.MAP_NAME.call(map)), map);
      map = Libbpf.NEXT_MAP.call(object, map);
    }
    return maps;
  }

  /**
   * Verifies the programs that are set to load, and creates the maps.
   *
   * @throws BpfException with the verifier's log when the kernel refuses
   */
  public void load() {
    try (LibbpfLog log = new LibbpfLog()) {
      int result = Libbpf.LOAD.callInt(object);
      if (result < 0) {
        throw new BpfException("bpf_object__load(" + name + ")", -result, log.text());
      }
    }
  }

  /**
   * @throws BpfException when the object has no such program
   */
  public BpfProgram program(String program) {
    return new BpfProgram(
        find(Libbpf.FIND_PROGRAM, "bpf_object__find_program_by_name", program), program);
  }

  /**
   * @throws BpfException when the object has no such map
   */
  public BpfMap map(String map) {
    return new BpfMap(find(Libbpf.FIND_MAP, "bpf_object__find_map_by_name", map), map);
  }

  /** Number of CPUs the kernel may ever bring up, at least 1. */
  public static int possibleCpus() {
    requireLibrary();
    return Math.max(1, Libbpf.POSSIBLE_CPUS.callInt());
  }

  /** For example {@code "v1.1"}. */
  public static String libbpfVersion() {
    requireLibrary();
    return Libbpf.string(Libbpf.VERSION.call());
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    Libbpf.CLOSE.call(object);
  }

  /**
   * Says in the same way each time that libbpf is missing: after the first time the JVM only names
   * the class.
   */
  private static void requireLibrary() {
    try {
      Libbpf.VERSION.hashCode();
    } catch (NoClassDefFoundError e) {
      String first =
          String.valueOf(e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
      throw new UnsatisfiedLinkError(
          first
              .replace("Exception java.lang.UnsatisfiedLinkError: ", "")
              .replaceFirst(" \\[in thread .*", ""));
    }
  }

  private long find(NativeFunction finder, String call, String what) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = NativeFunction.callState(arena);
      long found = finder.call(state, object, arena.allocateFrom(what).address());
      if (found == 0) {
        throw new BpfException(
            call + "(" + name + ", " + what + ")", NativeFunction.errno(state), "");
      }
      return found;
    }
  }

  private static byte[] resource(String file) {
    try (InputStream in = BpfObject.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException(
            "the jar lacks " + file + ": it was built without its BPF programs");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + file + " from the jar", e);
    }
  }
}
