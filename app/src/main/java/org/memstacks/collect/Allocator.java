package org.memstacks.collect;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.util.List;
import org.memstacks.site.Cost;
import org.memstacks.symbol.DebugFiles;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetException;
import org.memstacks.target.TargetProcess;

/**
 * The allocator a process really uses: for each function the first definition in the dynamic
 * linker's look-up order, so that a preloaded allocator wins over libc's, function by function.
 *
 * @param functions those to probe, each address once
 * @param forwarders those that need no probe
 * @param unprobed those that should be probed and cannot be, with the reason, for people
 * @param query by which they were found
 */
public record Allocator(
    List<HookedFunction> functions,
    List<Forwarder> forwarders,
    List<String> unprobed,
    AllocatorQuery query) {
  public Allocator {
    functions = List.copyOf(functions);
    forwarders = List.copyOf(forwarders);
    unprobed = List.copyOf(unprobed);
  }

  /**
   * A function whose calls another one's probe sees.
   *
   * @param fileOffset of its first instruction
   * @param reason why, in a few words for people
   */
  public record Forwarder(
      AllocatorFunction function, Mapping object, long fileOffset, String reason) {}

  /**
   * @param all whether requests alone are to be counted
   * @throws TargetException when a function cannot be probed, or not so that counts are exact
   */
  void requireProbeable(boolean all) throws TargetException {
    for (HookedFunction hook : functions) {
      if (!hook.isProbed(all)) {
        continue;
      }
      if (hook.site().cost() == Cost.REFUSED) {
        throw new TargetException(refusal(hook));
      }
      if (all && hook.inexact().isPresent()) {
        throw new TargetException(
            "%s: %s, so that requests would count twice; leave -a out"
                .formatted(name(hook), hook.inexact().get()));
      }
    }
  }

  private static String name(HookedFunction hook) {
    return hook.function().symbol() + " in " + hook.object().name();
  }

  /** Of a function that no probe may sit in. */
  static String refusal(HookedFunction hook) {
    return "%s cannot be probed: %s".formatted(name(hook), hook.site().reason());
  }

  /**
   * @throws TargetException when no allocator is found, or not what the query names
   * @throws AccessDeniedException when it may be in objects that this process may not read
   */
  public static Allocator find(
      TargetProcess target, MemoryMap map, LoadedObjects loaded, AllocatorQuery query)
      throws IOException {
    PoolArguments arguments = new PoolArguments(DebugFiles.of(loaded.files()));
    return new AllocatorSearch(target, arguments, query).run(map, loaded);
  }

  /** The same search, when the process has become another program. */
  Allocator searchAgain(TargetProcess target, MemoryMap map, LoadedObjects loaded)
      throws IOException {
    return find(target, map, loaded, query);
  }

  /** Whether no function of it frees: the program was linked without any. */
  public boolean neverFrees() {
    return functions.stream().noneMatch(hook -> hook.function().isFree());
  }

  /** Objects with hooked functions, in the order they were found. */
  public List<Mapping> objects() {
    return functions.stream().map(HookedFunction::object).distinct().toList();
  }
}
