package org.memstacks.collect;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.memstacks.bpf.BpfException;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetException;
import org.memstacks.target.TargetProcess;

/**
 * Keeps tracing a process that becomes another program. Probes in objects that both programs use
 * stay where they are; those of another allocator are attached once the dynamic linker has mapped
 * it.
 */
final class ExecFollower {
  private final MallocProbes probes;
  private final TargetProcess target;
  private final LoadedObjects loaded;
  private final Allocator first;
  private final boolean all;
  private final List<HookedFunction> hooks = new ArrayList<>();
  private final List<Allocator> allocators = new ArrayList<>();
  private final Set<String> probed = new HashSet<>();
  private String comm;
  private final List<String> news = new ArrayList<>();
  private String problem = "";
  private boolean searching;
  private boolean held;

  ExecFollower(
      MallocProbes probes,
      TargetProcess target,
      LoadedObjects loaded,
      Allocator allocator,
      boolean all) {
    this.probes = probes;
    this.target = target;
    this.loaded = loaded;
    this.first = allocator;
    this.all = all;
    this.comm = target.comm();
    allocators.add(allocator);
    allocator.functions().forEach(this::note);
  }

  /** The target has called exec. */
  void execed() {
    searching = true;
    try {
      comm = TargetProcess.of(target.pid()).comm();
    } catch (TargetException e) {
      // It ended; the window will, too.
    }
  }

  /** The target has called exec, and is held until the new program's allocator is probed. */
  void heldAfterExec() {
    held = true;
    execed();
  }

  /** Whether the new program's allocator is still to be found. */
  boolean isSearching() {
    return searching;
  }

  /**
   * Looks for the new program's allocator, and probes what of it is not probed yet.
   *
   * @param map what the process has mapped now
   */
  void search(MemoryMap map) {
    try {
      List<HookedFunction> others = new ArrayList<>();
      Allocator now = first.searchAgain(target, map, loaded);
      now.requireProbeable(all);
      ChangedCode.refuse(target.pid(), now.functions(), loaded, all);
      allocators.add(now);
      for (HookedFunction hook : now.functions()) {
        if (!probed.contains(place(hook))) {
          others.add(hook.numbered(hooks.size() + others.size()));
        }
      }
      if (!others.isEmpty()) {
        probes.attachHooks(target.pid(), others, all);
        others.forEach(this::note);
        problem =
            held
                ? ""
                : "the process became another program (%s) with another allocator, %s: what that allocated before its probes were in is not counted"
                    .formatted(comm, others.getFirst().object().name());
      } else {
        problem = "";
      }
      searching = false;
      news.add("the process became another program (" + comm + "), which is traced");
    } catch (IOException | BpfException e) {
      problem =
          "the process became another program (%s) that is not traced: %s"
              .formatted(comm, e.getMessage());
    }
  }

  /** Why allocations of a later program are missing, for people; empty when they are not. */
  String problem() {
    return problem;
  }

  /** What has happened since the last call, for people. */
  List<String> news() {
    List<String> told = List.copyOf(news);
    news.clear();
    return told;
  }

  /** The name of the program that the process is now. */
  String comm() {
    return comm;
  }

  /** The function probed under this number, of whichever program it was. */
  AllocatorFunction function(int number) {
    return hooks.get(number).function();
  }

  /** All functions probed, of whichever program. */
  List<HookedFunction> hooks() {
    return hooks;
  }

  /** The allocators of the programs that the process was. */
  List<Allocator> allocators() {
    return allocators;
  }

  private void note(HookedFunction hook) {
    hooks.add(hook);
    probed.add(place(hook));
  }

  private static String place(HookedFunction hook) {
    return hook.object().objectKey() + " " + hook.fileOffset() + " " + hook.function();
  }
}
