package org.memstacks.collect;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.memstacks.bpf.Layouts.Hook;
import org.memstacks.collect.HookedObject.Candidate;
import org.memstacks.site.Cost;
import org.memstacks.site.FunctionProbe.TailJump;
import org.memstacks.target.TargetException;

/**
 * Decides which of the allocation functions of all objects are probed: each address once, and none
 * that only hands its calls to another one.
 */
final class HookChoice {
  private final List<HookedObject> objects;
  private final Map<String, AllocatorFunction> functions = new HashMap<>();
  private final Map<String, List<Candidate>> byName = new HashMap<>();
  private final Map<Candidate, Forwarding> forwardings = new LinkedHashMap<>();
  private final List<HookedFunction> hooks = new ArrayList<>();
  private final List<Allocator.Forwarder> forwarders = new ArrayList<>();

  private final List<String> unprobed = new ArrayList<>();

  private HookChoice(List<HookedObject> objects) {
    this.objects = objects;
  }

  static HookChoice among(List<HookedObject> objects) throws IOException {
    HookChoice choice = new HookChoice(objects);
    choice.judge();
    choice.choose();
    return choice;
  }

  List<HookedFunction> hooks() {
    return hooks;
  }

  List<Allocator.Forwarder> forwarders() {
    return forwarders;
  }

  /**
   * A program's own operators of C++ that no probe can see, with the reason: whether they take what
   * they hand out from others is not known.
   */
  List<String> unprobed() {
    return unprobed;
  }

  private void judge() throws IOException {
    Map<String, String> names = new LinkedHashMap<>();
    for (HookedObject object : objects) {
      object.names().forEach(name -> names.put(name, name));
      object.functions().forEach(functions::putIfAbsent);
    }
    for (HookedObject object : objects) {
      object.otherNames().forEach(names::putIfAbsent);
    }
    List<Candidate> candidates = new ArrayList<>();
    for (HookedObject object : objects) {
      for (Candidate candidate : object.candidates(names)) {
        candidates.add(candidate);
        candidate
            .names()
            .forEach(name -> byName.computeIfAbsent(name, n -> new ArrayList<>()).add(candidate));
      }
    }
    // A jump that is followed for one function's sake is so for all that share it.
    Map<HookedObject, Set<Long>> shared = new HashMap<>();
    int followed = -1;
    int before;
    do {
      before = followed;
      followed = 0;
      for (Candidate candidate : candidates) {
        Set<Long> addresses = shared.computeIfAbsent(candidate.object(), o -> new HashSet<>());
        Forwarding forwarding =
            Forwarding.of(
                candidate.function(), candidate.probe(), functions, Set.copyOf(addresses));
        forwardings.put(candidate, forwarding);
        if (!candidate.isIdle(functions)) {
          forwarding.followed().forEach(jump -> addresses.add(jump.address()));
        }
      }
      for (Set<Long> addresses : shared.values()) {
        followed += addresses.size();
      }
    } while (followed != before);
  }

  private void choose() throws IOException {
    Set<Candidate> jumpedTo = new HashSet<>();
    forwardings.forEach((candidate, forwarding) -> {
      if (isProbed(candidate)) {
        forwarding.followed().forEach(jump -> reach(jump, jumpedTo));
        if (!candidate.probe().repeats().isEmpty()) {
          jumpedTo.add(candidate);
        }
        if (!candidate.function().isFree() && !candidate.probe().computedJumps().isEmpty()) {
          jumpedTo.addAll(forwardings.keySet());
        }
      }
    });
    for (Map.Entry<Candidate, Forwarding> entry : forwardings.entrySet()) {
      Candidate candidate = entry.getKey();
      if (isProbed(candidate)) {
        long flags = entry.getValue().flags() | (jumpedTo.contains(candidate) ? Hook.JUMPED_TO : 0);
        hook(candidate, flags, entry.getValue().followed());
      } else {
        forwarders.add(
            new Allocator.Forwarder(
                candidate.function(),
                candidate.object().mapping(),
                candidate.fileOffset(),
                reason(candidate)));
      }
    }
  }

  private void hook(Candidate candidate, long flags, List<TailJump> followed) throws IOException {
    HookedFunction hook;
    try {
      hook =
          candidate
              .object()
              .hook(hooks.size(), candidate, flags, followed, candidate.mayBeLeft(functions));
    } catch (TargetException e) {
      if (!candidate.definition().isOwnOperator()) {
        throw e;
      }
      unprobed.add(e.getMessage());
      return;
    }
    if (candidate.definition().isOwnOperator() && hook.site().cost() == Cost.REFUSED) {
      unprobed.add(Allocator.refusal(hook));
    } else {
      hooks.add(hook);
    }
  }

  /** The functions whose probes see a call that goes on by this jump. */
  private void reach(TailJump jump, Set<Candidate> jumpedTo) {
    Deque<String> ahead = new ArrayDeque<>(List.of(jump.target()));
    while (!ahead.isEmpty()) {
      for (Candidate target : byName.getOrDefault(ahead.removeFirst(), List.of())) {
        if (jumpedTo.add(target)) {
          target.probe().tailJumps().forEach(next -> ahead.add(next.target()));
        }
      }
    }
  }

  /** Whether it has a probe: all but those whose every call comes to another's. */
  private boolean isProbed(Candidate candidate) {
    if (candidate.isIdle(functions)) {
      return false;
    }
    return !forwardings.get(candidate).whole() || !endsUpProbed(candidate);
  }

  /** Functions that only forward to each other in a circle end nowhere. */
  private boolean endsUpProbed(Candidate candidate) {
    Set<Candidate> seen = new HashSet<>();
    Deque<Candidate> ahead = new ArrayDeque<>(List.of(candidate));
    while (!ahead.isEmpty()) {
      Candidate next = ahead.removeFirst();
      if (!next.isIdle(functions) && !forwardings.get(next).whole()) {
        return true;
      }
      if (seen.add(next)) {
        next.probe()
            .tailJumps()
            .forEach(jump -> ahead.addAll(byName.getOrDefault(jump.target(), List.of())));
      }
    }
    return false;
  }

  private String reason(Candidate candidate) {
    Set<String> targets =
        candidate.probe().tailJumps().stream()
            .map(TailJump::target)
            .collect(Collectors.toCollection(HashSet::new));
    if (candidate.isIdle(functions)) {
      targets.addAll(candidate.probe().delegates());
    }
    return "all its calls go on to " + targets.stream().sorted().collect(Collectors.joining(", "));
  }
}
