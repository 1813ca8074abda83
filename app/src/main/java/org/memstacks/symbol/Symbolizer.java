package org.memstacks.symbol;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.NotElfException;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;

/**
 * Names the code addresses of one process. Objects are opened as soon as a memory map shows them,
 * so that they can still be read when the process is gone or has unmapped them.
 *
 * <p>Not safe for use by several threads.
 */
public final class Symbolizer implements AutoCloseable {
  private static final int MAX_OBJECTS = 10_000;

  /** For symbol tables and debug data; those of a browser, the largest known, have 300 MB. */
  private static final long MAX_BYTES = 2L << 30;

  /** Names take this share of the heap at most; what is made of them takes as much again. */
  private static final int NAMES_SHARE = 5;

  private static final String TOO_MANY_NAMES =
      "names take all the memory that Java may take for them here: further functions are shown as"
          + " [module+0xoffset]";

  /** How this process's files are opened. */
  public interface ObjectOpener {
    /**
     * @throws IOException when the mapping shows no object that can be read
     */
    ElfFile open(Mapping mapping) throws IOException;
  }

  /** What the addresses met in one epoch are called. */
  private record Names(
      Map<Long, Frame> leaves,
      Map<Long, Frame> callers,
      Map<Long, List<Frame>> inlinedLeaves,
      Map<Long, List<Frame>> inlinedCallers) {
    Names() {
      this(new HashMap<>(), new HashMap<>(), new HashMap<>(), new HashMap<>());
    }
  }

  private record ObjectKey(long device, long inode, String name, int version) {}

  private final ObjectOpener opener;
  private final DebugFiles debugFiles;
  private final Demangler demangler;
  private final Budget budget = new Budget(MAX_BYTES);
  private final Budget kept;
  private final Optional<LibDw> libDw;
  private final CodeMaps maps = new CodeMaps();
  private final Map<ObjectKey, Optional<ObjectSymbols>> objects = new HashMap<>();
  private final Map<Integer, Names> known = new HashMap<>();
  private final Set<String> problems = new LinkedHashSet<>();
  private Optional<PerfMap> perfMap = Optional.empty();

  /** Names from the objects themselves only. */
  public Symbolizer(ObjectOpener opener, Demangler demangler) {
    this(opener, DebugFiles.none(), demangler);
  }

  /** Names from the objects and, where they were stripped, from their separate debug files. */
  public Symbolizer(ObjectOpener opener, DebugFiles debugFiles, Demangler demangler) {
    this(opener, debugFiles, demangler, Optional.empty());
  }

  /**
   * Names, inlined calls and lines.
   *
   * @param libDw reads inlined calls and lines; without it {@link #frames} knows neither
   */
  public Symbolizer(
      ObjectOpener opener, DebugFiles debugFiles, Demangler demangler, Optional<LibDw> libDw) {
    this(opener, debugFiles, demangler, libDw, Runtime.getRuntime().maxMemory() / NAMES_SHARE);
  }

  /**
   * As above.
   *
   * @param mostOfNames how many bytes the names may take together
   */
  Symbolizer(
      ObjectOpener opener,
      DebugFiles debugFiles,
      Demangler demangler,
      Optional<LibDw> libDw,
      long mostOfNames) {
    this.kept = new Budget(mostOfNames);
    this.libDw = libDw;
    this.opener = opener;
    this.debugFiles = debugFiles;
    this.demangler = demangler;
  }

  /** Adds what the process has mapped now, in an epoch without end. */
  public void add(MemoryMap map) {
    add(map, 0);
  }

  /**
   * Adds what the process has mapped now.
   *
   * @param epoch the number of the epoch it belongs to, not less than the last one's: within one no
   *     address belonged to two objects
   */
  public void add(MemoryMap map, int epoch) {
    maps.add(map, epoch);
    known.clear();
    for (Mapping mapping : map.executable()) {
      if (mapping.isFile() || mapping.isVdso()) {
        objects.computeIfAbsent(key(mapping), _ -> open(mapping));
      }
    }
  }

  /**
   * Reads the names of code the process compiled itself; they replace those read before.
   *
   * @param channel of a file in the format of perf's JIT interface; not closed
   */
  public void readPerfMap(FileChannel channel) throws IOException {
    perfMap = Optional.of(PerfMap.read(channel));
    known.clear();
  }

  /** Names one address of a stack met in epoch 0. */
  public Frame frame(long address, boolean exact) {
    return frame(address, exact, 0);
  }

  /**
   * Names one address of a stack.
   *
   * @param address as the processor saw it
   * @param exact true for the instruction that was executing; false for a return address, which is
   *     looked up one byte earlier, inside the call
   * @param epoch in which it was met
   */
  public Frame frame(long address, boolean exact, int epoch) {
    Names names = names(epoch);
    return (exact ? names.leaves : names.callers)
        .computeIfAbsent(address, a -> resolve(a, exact ? a : a - 1, epoch));
  }

  /** As {@link #frames(long, boolean, int)}, met in epoch 0. */
  public List<Frame> frames(long address, boolean exact) {
    return frames(address, exact, 0);
  }

  /**
   * As {@link #frame}, with the calls the compiler inlined there and, where known, lines: the
   * innermost first, the function itself last. Its name is the one {@link #frame} gives.
   */
  public List<Frame> frames(long address, boolean exact, int epoch) {
    Frame function = frame(address, exact, epoch);
    if (libDw.isEmpty()) {
      return List.of(function);
    }
    Names names = names(epoch);
    return (exact ? names.inlinedLeaves : names.inlinedCallers)
        .computeIfAbsent(address, a -> inlined(function, exact ? a : a - 1, epoch));
  }

  private Names names(int epoch) {
    return known.computeIfAbsent(epoch, _ -> new Names());
  }

  /** Names of objects of which only exported functions have names, ascending. */
  public List<String> stripped() {
    return objects.values().stream()
        .flatMap(Optional::stream)
        .filter(ObjectSymbols::isStripped)
        .map(object -> object.elf().name())
        .sorted()
        .toList();
  }

  /** Objects that are mapped but could not be read, and why. */
  public List<String> problems() {
    List<String> all = new ArrayList<>(problems);
    objects.values().forEach(o -> o.ifPresent(s -> all.addAll(s.problems())));
    return all.stream().distinct().toList();
  }

  @Override
  public void close() throws IOException {
    for (Optional<ObjectSymbols> object : objects.values()) {
      if (object.isPresent()) {
        object.get().close();
      }
    }
  }

  private Frame resolve(long address, long lookedUp, int epoch) {
    return maps.find(lookedUp, epoch)
        .map(m -> inMapping(m, address, lookedUp))
        .orElse(Frame.UNKNOWN);
  }

  private List<Frame> inlined(Frame function, long lookedUp, int epoch) {
    Optional<Mapping> mapping = maps.find(lookedUp, epoch);
    Optional<ObjectSymbols> object =
        mapping.flatMap(m -> objects.getOrDefault(key(m), Optional.empty()));
    if (!function.isNamed() || object.isEmpty()) {
      return List.of(function);
    }
    OptionalLong bias = object.get().elf().loadBias(mapping.get().start(), mapping.get().offset());
    Optional<DebugInfo> info = object.get().debugInfo(libDw.get());
    if (bias.isEmpty() || info.isEmpty()) {
      return List.of(function);
    }
    List<DebugInfo.Scope> scopes = info.get().scopes(lookedUp - bias.getAsLong());
    if (scopes.isEmpty()) {
      return List.of(function);
    }
    List<Frame> frames = new ArrayList<>();
    for (DebugInfo.Scope scope : scopes.subList(0, scopes.size() - 1)) {
      String name = demangler.demangle(scope.name());
      frames.add(new Frame(name, function.module(), 0, 0, scope.line(), true));
    }
    frames.add(function.at(scopes.getLast().line()));
    return List.copyOf(frames);
  }

  private Frame inMapping(Mapping mapping, long address, long lookedUp) {
    Optional<ObjectSymbols> object = objects.getOrDefault(key(mapping), Optional.empty());
    if (object.isPresent()) {
      OptionalLong bias = object.get().elf().loadBias(mapping.start(), mapping.offset());
      if (bias.isPresent()) {
        return inObject(object.get(), mapping, address - bias.getAsLong(), lookedUp - address);
      }
    }
    if (perfMap.isPresent()) {
      int entry = perfMap.get().find(lookedUp);
      if (entry >= 0) {
        long offset = address - perfMap.get().start(entry);
        return new Frame(perfMap.get().name(entry), null, offset, 0);
      }
    }
    return mapping.isFile()
        ? new Frame(null, moduleName(mapping), 0, address - mapping.start() + mapping.offset())
        : Frame.UNKNOWN;
  }

  private Frame inObject(ObjectSymbols object, Mapping mapping, long address, long back) {
    FunctionTable functions = object.functions();
    int function = functions.find(address + back);
    String module = moduleName(mapping);
    if (function < 0) {
      return new Frame(null, module, 0, address);
    }
    Optional<String> name = object.name(function, demangler, kept);
    if (name.isEmpty()) {
      problems.add(TOO_MANY_NAMES);
      return new Frame(null, module, 0, address);
    }
    return new Frame(name.get(), module, address - functions.start(function), address);
  }

  private Optional<ObjectSymbols> open(Mapping mapping) {
    if (objects.size() >= MAX_OBJECTS) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new ObjectSymbols(opener.open(mapping), debugFiles, mapping.rawName(), budget));
    } catch (NotElfException e) {
      // Code that libffi and some JITs write to a file of their own: no object, nothing amiss.
      return Optional.empty();
    } catch (IOException e) {
      problems.add(e.getMessage());
      return Optional.empty();
    }
  }

  private static String moduleName(Mapping mapping) {
    return mapping.isVdso() ? "vdso" : mapping.moduleName();
  }

  private static ObjectKey key(Mapping mapping) {
    return new ObjectKey(mapping.device(), mapping.inode(), mapping.rawName(), mapping.version());
  }
}
