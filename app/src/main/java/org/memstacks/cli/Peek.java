package org.memstacks.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.memstacks.collect.BlockSample;
import org.memstacks.collect.BlockSampler;
import org.memstacks.report.BlockText;
import org.memstacks.report.HumanTime;
import org.memstacks.report.Trend;
import org.memstacks.report.TrendTable;
import org.memstacks.target.ReadableMemory;
import org.memstacks.target.ReadableMemory.Content;
import org.memstacks.target.TargetProcess;

/**
 * What is in a few blocks of the first stacks. They are read while frees are still seen: a block
 * that was not freed until afterwards held, when it was read, what it was allocated for.
 */
final class Peek {
  private static final int STACKS = 5;
  private static final int BLOCKS_EACH = 3;
  private static final int MOST_BYTES = 64;

  private final List<Trend> trends;
  private final List<List<BlockSample>> samples;
  private final Map<BlockSample, List<String>> contents = new HashMap<>();
  private String problem = "";

  private Peek(List<Trend> trends, List<List<BlockSample>> samples) {
    this.trends = trends;
    this.samples = samples;
  }

  /**
   * Reads the oldest blocks of the first stacks.
   *
   * @param ranked the most important first
   */
  static Peek at(TargetProcess target, List<Trend> ranked, BlockSampler sampler) {
    List<Trend> first = ranked.subList(0, Math.min(STACKS, ranked.size()));
    Peek peek =
        new Peek(first, sampler.oldest(first.stream().map(Trend::stacks).toList(), BLOCKS_EACH));
    peek.read(target);
    return peek;
  }

  private void read(TargetProcess target) {
    ReadableMemory memory = new ReadableMemory(target.pid());
    try {
      for (List<BlockSample> blocks : samples) {
        for (BlockSample block : blocks) {
          contents.put(block, read(memory, block));
        }
      }
    } catch (IOException e) {
      problem = Problem.describe(e);
    }
    // Else what was read may be another one's, who has its number by now.
    if (!target.isAlive()) {
      contents.clear();
      problem = "the process has " + target.ending() + ", and its memory can no longer be read";
    }
  }

  private static List<String> read(ReadableMemory memory, BlockSample block) throws IOException {
    int length = (int) Math.min(MOST_BYTES, block.bytes());
    if (length == 0) {
      return List.of("empty");
    }
    return switch (memory.read(block.address(), length)) {
      case Content.Bytes read -> BlockText.of(read.bytes());
      case Content.Protected none -> List.of("its memory may not be read (PROT_NONE or the like)");
      case Content.Unmapped none -> List.of("its memory is no longer mapped");
    };
  }

  /**
   * Writes them, blocks that were freed while they were read without their contents.
   *
   * @param sampler of the window, which has ended
   * @param prefix that names the process where there are others
   */
  void write(BlockSampler sampler, String prefix, Appendable out) throws IOException {
    if (!problem.isEmpty()) {
      out.append(prefix).append("no contents of blocks: ").append(problem).append('\n');
      return;
    }
    Set<BlockSample> live = sampler.stillLive(contents.keySet());
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < trends.size(); i++) {
      lines.add(prefix + "contents of blocks from " + TrendTable.path(trends.get(i).frames()));
      for (BlockSample block : samples.get(i)) {
        lines.add(
            String.format(
                Locale.ROOT,
                "  0x%x: %,d bytes, %s old",
                block.address(),
                block.bytes(),
                HumanTime.of(block.ageNanos())));
        List<String> shown =
            live.contains(block) ? contents.get(block) : List.of("freed while it was read");
        shown.forEach(line -> lines.add("    " + line));
      }
    }
    for (String line : lines) {
      out.append(line).append('\n');
    }
  }
}
