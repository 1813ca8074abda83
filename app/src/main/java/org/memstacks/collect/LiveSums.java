package org.memstacks.collect;

import java.util.Optional;
import org.memstacks.collect.AllocationProfile.Unattributed;

/**
 * What is live at some moment, by stack number.
 *
 * @param sums of all that is old enough
 * @param younger left out
 * @param mapped what of the sums are mappings
 * @param youngerMapped what of the younger
 */
record LiveSums(
    BlockSums sums, Unattributed younger, Unattributed mapped, Unattributed youngerMapped) {
  /** Bytes and blocks. */
  private static final class Count {
    private long bytes;
    private long blocks;

    private void add(long more) {
      bytes += more;
      blocks++;
    }

    private Unattributed total() {
      return new Unattributed(bytes, blocks);
    }
  }

  /** Where single blocks are not kept. */
  static LiveSums withoutBlocks(BlockSums sums) {
    return new LiveSums(sums, Unattributed.NONE, Unattributed.NONE, Unattributed.NONE);
  }

  /**
   * Looks through the blocks.
   *
   * @param moment at which they must be old enough
   * @param meanwhile see {@link LiveBlocks#forEach(LiveBlocks.BlockVisitor, Runnable)}
   */
  static LiveSums of(
      LiveBlocks blocks,
      Optional<? extends LiveBlocks> mappings,
      BlockOptions options,
      long moment,
      Runnable meanwhile) {
    BlockSums sums = new BlockSums(options.histogram());
    Count ofBlocks = new Count();
    Count youngerBlocks = new Count();
    Count mapped = new Count();
    Count youngerMapped = new Count();
    long older = options.older().toNanos();
    blocks.forEach(sorting(sums, moment, older, ofBlocks, youngerBlocks), meanwhile);
    mappings.ifPresent(these -> these.forEach(sorting(sums, moment, older, mapped, youngerMapped)));
    return new LiveSums(
        sums,
        youngerBlocks.total().plus(youngerMapped.total()),
        mapped.total(),
        youngerMapped.total());
  }

  /** Adds blocks to the sums that are old enough, and counts these and the others. */
  private static LiveBlocks.BlockVisitor sorting(
      BlockSums sums, long moment, long older, Count counted, Count younger) {
    return (address, bytes, stack, born) -> {
      long age = BlockClock.age(born, moment);
      if (age >= older) {
        sums.add(stack, bytes, age);
        counted.add(bytes);
      } else {
        younger.add(bytes);
      }
    };
  }
}
