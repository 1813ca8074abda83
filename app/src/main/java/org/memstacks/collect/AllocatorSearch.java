package org.memstacks.collect;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.memstacks.collect.AllocatorSearch.Definition.Origin;
import org.memstacks.collect.AllocatorSymbols.Found;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.Symbol;
import org.memstacks.target.LinkMap;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.Mapping;
import org.memstacks.target.MappingRoom;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.NarrowProgram;
import org.memstacks.target.TargetException;
import org.memstacks.target.TargetProcess;

/** Goes through the objects of a process for definitions of allocation functions. */
final class AllocatorSearch {
  /** A local function of one of these names alone is no allocator; one of each is. */
  private static final List<String> OWN_ALLOCATOR = List.of("malloc", "realloc", "free");

  private static final List<String> CXX_RUNTIMES = List.of("libstdc++", "libc++", "libc++abi");

  /**
   * A function as an object defines it.
   *
   * @param version that calls are bound to it by; empty for any
   */
  record Definition(
      AllocatorFunction function, Symbol symbol, Optional<String> version, Origin origin) {
    /** What the object has it for. */
    enum Origin {
      /** It is, or has, an allocator. */
      ALLOCATOR,
      /** An operator of C++ in an object without one: a pool, or in name only. */
      OPERATOR,
      /** A program's own function that its user named. */
      POOL
    }

    static Definition of(AllocatorFunction function, Found found) {
      return new Definition(function, found.symbol(), found.version(), Origin.ALLOCATOR);
    }

    Definition from(Origin other) {
      return new Definition(function, symbol, version, other);
    }

    Definition with(AllocatorFunction other) {
      return new Definition(other, symbol, version, origin);
    }

    boolean isPool() {
      return origin == Origin.POOL;
    }

    boolean isOwnOperator() {
      return origin == Origin.OPERATOR;
    }

    /** What calls are bound to it by. */
    String binding() {
      return function.symbol() + version.map(name -> "@" + name).orElse("");
    }
  }

  private final TargetProcess target;
  private final AllocatorQuery query;
  private final AllocatorCatalog catalog;
  private final Map<String, AllocatorFunction> pool = new LinkedHashMap<>();
  private final PoolArguments arguments;
  private final Set<String> found = new HashSet<>();
  /* Names, or name@version, to which calls are bound by now: later definitions are not called. */
  private final Set<String> settled = new HashSet<>();
  private final List<HookedObject> hooked = new ArrayList<>();
  private final List<IOException> unreadable = new ArrayList<>();
  private boolean alone;

  AllocatorSearch(TargetProcess target, PoolArguments arguments, AllocatorQuery query) {
    this.target = target;
    this.arguments = arguments;
    this.query = query;
    this.catalog = new AllocatorCatalog(query.prefixes());
    query.pools().stream()
        .flatMap(pair -> pair.functions().stream())
        .forEach(function -> pool.put(function.symbol(), function.ofProgram()));
  }

  Allocator run(MemoryMap map, LoadedObjects loaded) throws IOException {
    NarrowProgram.refuse(target, map);
    MappingRoom.refuse(target, map);
    List<Mapping> objects = LinkMap.executableMappings(target.pid(), map);
    Optional<HookedObject> moved =
        query.object().isEmpty()
            ? moved(LinkMap.movedExecutable(target.pid(), map), loaded)
            : Optional.empty();
    Mapping executable = objects.isEmpty() ? null : objects.getFirst();
    alone = objects.size() == 1;
    for (Mapping mapping : query.object().isPresent() ? named(objects) : objects) {
      try {
        search(mapping, loaded.get(mapping), mapping.equals(executable));
      } catch (TargetException e) {
        throw e;
      } catch (IOException e) {
        // Another object may have the functions; if none does, this one's trouble may be why.
        unreadable.add(e);
      }
    }
    moved.ifPresent(hooked::add);
    HookChoice choice = HookChoice.among(hooked);
    for (HookedFunction hook : choice.hooks()) {
      if (moved.isPresent() && hook.object().equals(moved.get().mapping())) {
        throw ChangedCode.moved(hook.function(), hook.object());
      }
    }
    requireFound(choice.hooks());
    return new Allocator(choice.hooks(), choice.forwarders(), choice.unprobed(), query);
  }

  private void search(Mapping mapping, ElfFile elf, boolean executable) throws IOException {
    OptionalLong bias = elf.loadBias(mapping.start(), mapping.offset());
    if (bias.isEmpty()) {
      return;
    }
    List<Definition> definitions = definitions(mapping, elf, executable);
    if (definitions.isEmpty()) {
      return;
    }
    hooked.add(new HookedObject(target.pid(), mapping, elf, bias.getAsLong(), definitions));
    definitions.forEach(definition -> {
      found.add(definition.function().symbol());
      settled.add(definition.binding());
    });
  }

  /**
   * An executable whose code lies in no file, with operators of C++ that may be some in name only.
   *
   * @throws TargetException when it has functions of an allocator
   */
  private Optional<HookedObject> moved(Optional<Mapping> executable, LoadedObjects loaded)
      throws TargetException {
    if (executable.isEmpty()) {
      return Optional.empty();
    }
    Mapping mapping = executable.get();
    try {
      ElfFile elf = loaded.get(mapping);
      List<Definition> operators = new ArrayList<>();
      for (Definition definition : definitions(mapping, elf, true)) {
        if (definition.isOwnOperator()) {
          operators.add(definition);
        } else if (!definition.function().isFree()) {
          throw ChangedCode.moved(definition.function(), mapping);
        }
      }
      return operators.isEmpty()
          ? Optional.empty()
          : Optional.of(new HookedObject(target.pid(), mapping, elf, 0, operators));
    } catch (TargetException e) {
      throw e;
    } catch (IOException e) {
      unreadable.add(e);
      return Optional.empty();
    }
  }

  private List<Definition> definitions(Mapping mapping, ElfFile elf, boolean executable)
      throws IOException {
    List<Definition> definitions = new ArrayList<>();
    Set<String> names = new HashSet<>(catalog.standard().keySet());
    names.addAll(catalog.further().keySet());
    Map<String, List<Found>> visible = AllocatorSymbols.visible(elf, names);
    add(definitions, catalog.standard(), visible);
    if (catalog.anchors().stream().anyMatch(visible::containsKey)) {
      Map<String, List<Found>> credible = new HashMap<>(visible);
      credible.keySet().removeIf(name -> !AllocatorCatalog.isCredible(name, visible.keySet()));
      add(definitions, catalog.further(), credible);
    } else if (isCxxRuntime(mapping)) {
      // Calls that are bound to these come to malloc and free.
      settled.addAll(visible.keySet().stream().filter(catalog.operators()::containsKey).toList());
    } else {
      addOperators(definitions, visible);
    }
    if (executable) {
      Map<String, List<Found>> internal = AllocatorSymbols.internal(elf, names);
      addInternal(definitions, internal);
      addOperators(definitions, internal);
    }
    if (!pool.isEmpty()) {
      addPool(definitions, mapping, elf);
    }
    return definitions;
  }

  /** An allocator that is linked into the executable for its own use, beside the C library's. */
  private void addInternal(List<Definition> to, Map<String, List<Found>> internal) {
    if (internal.keySet().containsAll(OWN_ALLOCATOR)) {
      catalog
          .standard()
          .forEach((name, function) ->
              internal
                  .getOrDefault(name, List.of())
                  .forEach(symbol -> to.add(Definition.of(function, symbol))));
    }
    for (String anchor : catalog.anchors()) {
      String prefix = anchor.substring(0, anchor.length() - "malloc".length());
      if (!prefix.isEmpty() && internal.containsKey(anchor)) {
        internal.forEach((name, symbols) -> {
          if (name.startsWith(prefix) && catalog.further().containsKey(name)) {
            symbols.forEach(symbol -> to.add(Definition.of(catalog.further().get(name), symbol)));
          }
        });
      }
    }
  }

  /** Operators of C++ in an object that has no allocator: what they hand out may be their own. */
  private void addOperators(List<Definition> to, Map<String, List<Found>> in) {
    List<Definition> own = new ArrayList<>();
    add(own, catalog.operators(), in);
    own.forEach(operator -> to.add(operator.from(Origin.OPERATOR)));
  }

  /** GCC's or LLVM's, whose operators call malloc and free: their code need not be read. */
  private static boolean isCxxRuntime(Mapping mapping) {
    String name = mapping.moduleName();
    return CXX_RUNTIMES.stream().anyMatch(runtime -> name.startsWith(runtime + ".so"));
  }

  private void addPool(List<Definition> to, Mapping mapping, ElfFile elf) throws IOException {
    List<Definition> own = new ArrayList<>();
    add(own, pool, AllocatorSymbols.any(elf, pool.keySet()));
    to.addAll(
        arguments.inFull(own.stream().map(one -> one.from(Origin.POOL)).toList(), mapping, elf));
  }

  private void add(
      List<Definition> to, Map<String, AllocatorFunction> functions, Map<String, List<Found>> in) {
    functions.forEach((name, function) -> {
      if (!settled.contains(name)) {
        in.getOrDefault(name, List.of()).stream()
            .map(symbol -> Definition.of(function, symbol))
            .filter(definition -> !settled.contains(definition.binding()))
            .forEach(to::add);
      }
    });
  }

  private List<Mapping> named(List<Mapping> objects) throws TargetException {
    String name = query.object().orElseThrow();
    List<Mapping> matching = objects.stream().filter(m -> isNamed(m, name)).toList();
    if (matching.isEmpty()) {
      throw new TargetException(
          "process %d (%s) has not loaded an object named %s%s; loaded are %s"
              .formatted(
                  target.pid(),
                  target.comm(),
                  name,
                  Files.isDirectory(Path.of(name)) ? " (a directory)" : "",
                  String.join(", ", objects.stream().map(Mapping::moduleName).toList())));
    }
    return matching;
  }

  private static boolean isNamed(Mapping mapping, String name) {
    return mapping.name().equals(name)
        || mapping.moduleName().equals(name)
        || mapping.moduleName().startsWith("lib" + name + ".so")
        || mapping.moduleName().startsWith("lib" + name + "-")
        || sameFile(mapping, name);
  }

  private static boolean sameFile(Mapping mapping, String name) {
    if (!name.contains("/")) {
      return false;
    }
    try {
      return Files.isSameFile(Path.of(name), Path.of(mapping.name()));
    } catch (IOException e) {
      return false;
    }
  }

  private void requireFound(List<HookedFunction> hooks) throws IOException {
    for (String prefix : query.prefixes()) {
      if (!found.contains(AllocatorCatalog.anchor(prefix))) {
        throw missing(AllocatorCatalog.anchor(prefix), ", which --prefix " + prefix + " asks for");
      }
    }
    for (String name : pool.keySet()) {
      if (!found.contains(name)) {
        throw missing(name, ", which --pair names");
      }
    }
    boolean allocates =
        hooks.stream().anyMatch(hook -> !hook.function().isFree())
            && (query.object().isPresent() || !found.stream().allMatch(this::isOperator));
    boolean frees = hooks.stream().anyMatch(hook -> hook.function().isFree());
    if (!allocates || !frees && !isWithoutFree()) {
      throw missing(
          allocates ? "free" : "malloc",
          query.object().isPresent()
              ? ""
              : ": it may be linked statically and stripped, or not use malloc at all");
    }
  }

  /** These alone are never all that a process allocates by. */
  private boolean isOperator(String symbol) {
    return catalog.operators().containsKey(symbol);
  }

  /**
   * Whether a static executable is all there is, and has no free: then nothing in it calls any, or
   * it would have been linked in.
   */
  private boolean isWithoutFree() {
    return query.object().isEmpty() && alone && unreadable.isEmpty();
  }

  private IOException missing(String function, String remark) {
    for (IOException e : unreadable) {
      if (e instanceof AccessDeniedException) {
        return e;
      }
    }
    String reasons =
        unreadable.stream().map(IOException::getMessage).collect(Collectors.joining("; "));
    if (query.object().isPresent()) {
      return new TargetException(
          query.object().get()
              + (reasons.isEmpty()
                  ? " defines no " + function + remark
                  : " is no object that can be read (" + reasons + ")")
              + "; leave -O out to search every object of process "
              + target.pid());
    }
    String what =
        "no object of process %d (%s) defines %s%s"
            .formatted(target.pid(), target.comm(), function, remark);
    return new TargetException(reasons.isEmpty() ? what : what + "; not readable: " + reasons);
  }
}
