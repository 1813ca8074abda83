package org.memstacks.collect;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.memstacks.bpf.Layouts;
import org.memstacks.collect.AllocationProfile.Unattributed;
import org.memstacks.collect.StackValue.Share;

/** Bytes and blocks by stack number, each divided into bands. */
final class BlockSums {
  private final Map<Integer, Map<Band, Share>> byStack = new HashMap<>();
  private long bytes;

  void add(int stack, Band band, long bytes, long blocks) {
    byStack
        .computeIfAbsent(stack, id -> new TreeMap<>())
        .merge(band, new Share(band, bytes, blocks), Share::plus);
    this.bytes += bytes;
  }

  /** Of all stacks. */
  long bytes() {
    return bytes;
  }

  /** What has no stack. */
  Unattributed withoutStack() {
    Map<Band, Share> none = byStack.getOrDefault(Layouts.STACK_ID_NONE, Map.of());
    return new Unattributed(
        none.values().stream().mapToLong(Share::bytes).sum(),
        none.values().stream().mapToLong(Share::blocks).sum());
  }

  /**
   * By stack; equal stacks, stored twice, are one.
   *
   * @param stacks by number
   */
  List<StackValue> values(IntFunction<RawStack> stacks) {
    Map<RawStack, Map<Band, Share>> merged = HashMap.newHashMap(byStack.size());
    byStack.forEach((id, shares) -> {
      if (id != Layouts.STACK_ID_NONE) {
        Map<Band, Share> all = merged.computeIfAbsent(stacks.apply(id), stack -> new TreeMap<>());
        shares.forEach((band, share) -> all.merge(band, share, Share::plus));
      }
    });
    List<StackValue> values = new ArrayList<>(merged.size());
    merged.forEach((stack, shares) -> values.add(value(stack, List.copyOf(shares.values()))));
    return values;
  }

  private static StackValue value(RawStack stack, List<Share> shares) {
    return new StackValue(
        stack,
        shares.stream().mapToLong(Share::bytes).sum(),
        shares.stream().mapToLong(Share::blocks).sum(),
        shares.getFirst().band().equals(Band.WHOLE) ? List.of() : shares);
  }
}
