package org.memstacks.collect;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.memstacks.bpf.Layouts;
import org.memstacks.collect.AllocationProfile.Unattributed;
import org.memstacks.collect.BlockOptions.Histogram;
import org.memstacks.collect.StackValue.Share;

/** Bytes and blocks by stack number, each divided into bands. */
final class BlockSums {
  private static final int RANK_BITS = 8;
  private static final int RANKS = 1 << RANK_BITS;

  private final Histogram histogram;
  /* Bytes and blocks by stack and rank. */
  private final Map<Long, long[]> sums = new HashMap<>();
  private long bytes;

  BlockSums(Histogram histogram) {
    this.histogram = histogram;
  }

  /** One block. */
  void add(int stack, long bytes, long ageNanos) {
    add(stack, Band.rank(histogram, bytes, ageNanos), bytes, 1);
  }

  /** Many at once, of one band. */
  void add(int stack, int rank, long bytes, long blocks) {
    long[] sum = sums.computeIfAbsent((long) stack << RANK_BITS | rank, key -> new long[2]);
    sum[0] += bytes;
    sum[1] += blocks;
    this.bytes += bytes;
  }

  /** Of all stacks. */
  long bytes() {
    return bytes;
  }

  /** What has no stack. */
  Unattributed withoutStack() {
    long[] none = new long[2];
    sums.forEach((key, sum) -> {
      if (stack(key) == Layouts.STACK_ID_NONE) {
        none[0] += sum[0];
        none[1] += sum[1];
      }
    });
    return new Unattributed(none[0], none[1]);
  }

  /**
   * By stack; equal stacks, stored twice, are one.
   *
   * @param stacks by number
   */
  List<StackValue> values(IntFunction<RawStack> stacks) {
    return histogram == Histogram.NONE ? undivided(stacks) : divided(stacks);
  }

  private List<StackValue> undivided(IntFunction<RawStack> stacks) {
    Map<RawStack, StackValue> merged = HashMap.newHashMap(sums.size());
    sums.forEach((key, sum) -> {
      if (stack(key) != Layouts.STACK_ID_NONE) {
        RawStack stack = stacks.apply(stack(key));
        merged.merge(
            stack,
            new StackValue(stack, sum[0], sum[1]),
            (one, other) ->
                new StackValue(stack, one.bytes() + other.bytes(), one.blocks() + other.blocks()));
      }
    });
    return List.copyOf(merged.values());
  }

  private List<StackValue> divided(IntFunction<RawStack> stacks) {
    Map<RawStack, Map<Integer, Share>> merged = new HashMap<>();
    sums.forEach((key, sum) -> {
      if (stack(key) != Layouts.STACK_ID_NONE) {
        int rank = (int) (key & (RANKS - 1));
        merged
            .computeIfAbsent(stacks.apply(stack(key)), stack -> new TreeMap<>())
            .merge(rank, new Share(Band.of(histogram, rank), sum[0], sum[1]), Share::plus);
      }
    });
    List<StackValue> values = new ArrayList<>(merged.size());
    merged.forEach((stack, shares) -> values.add(value(stack, List.copyOf(shares.values()))));
    return values;
  }

  private static int stack(long key) {
    return (int) (key >> RANK_BITS);
  }

  private StackValue value(RawStack stack, List<Share> shares) {
    return new StackValue(
        stack,
        shares.stream().mapToLong(Share::bytes).sum(),
        shares.stream().mapToLong(Share::blocks).sum(),
        shares);
  }
}
