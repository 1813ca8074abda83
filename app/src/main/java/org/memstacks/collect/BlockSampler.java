package org.memstacks.collect;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/** Picks single blocks out of the live ones. */
public final class BlockSampler {
  private final LiveBlocks live;
  private final StackStore store;
  private final LongSupplier now;

  /**
   * @param now as of when ages are told, by {@link BlockClock#now}
   */
  BlockSampler(LiveBlocks live, StackStore store, LongSupplier now) {
    this.live = live;
    this.store = store;
    this.now = now;
  }

  /**
   * The oldest blocks of each group, at most {@code each} of them.
   *
   * @param groups of stacks
   */
  public List<List<BlockSample>> oldest(List<List<RawStack>> groups, int each) {
    Map<RawStack, Integer> groupOf = new HashMap<>();
    List<List<BlockSample>> samples = new ArrayList<>();
    for (int i = 0; i < groups.size(); i++) {
      samples.add(new ArrayList<>());
      for (RawStack stack : groups.get(i)) {
        groupOf.put(stack, i);
      }
    }
    Map<Integer, Integer> groupOfId = new HashMap<>();
    long moment = now.getAsLong();
    live.forEach((address, bytes, stack, born) -> {
      int group =
          groupOfId.computeIfAbsent(
              stack, id -> id < 0 ? -1 : groupOf.getOrDefault(store.stack(id), -1));
      if (group >= 0) {
        keep(
            samples.get(group),
            new BlockSample(address, bytes, BlockClock.age(born, moment), born),
            each);
      }
    });
    return samples;
  }

  private static void keep(List<BlockSample> samples, BlockSample sample, int most) {
    if (samples.size() == most) {
      if (samples.getLast().ageNanos() >= sample.ageNanos()) {
        return;
      }
      samples.removeLast();
    }
    samples.add(sample);
    samples.sort(Comparator.comparingLong(BlockSample::ageNanos).reversed());
  }

  /** Those that have not been freed meanwhile. */
  public Set<BlockSample> stillLive(Collection<BlockSample> samples) {
    Map<Long, BlockSample> byAddress = new HashMap<>();
    samples.forEach(sample -> byAddress.put(sample.address(), sample));
    Set<BlockSample> found = new HashSet<>();
    live.forEach((address, bytes, stack, born) -> {
      BlockSample sample = byAddress.get(address);
      if (sample != null && sample.born() == born) {
        found.add(sample);
      }
    });
    return found;
  }
}
