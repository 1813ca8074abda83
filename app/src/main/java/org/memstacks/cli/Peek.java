package org.memstacks.cli;

import java.io.EOFException;
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
import org.memstacks.target.ProcessMemory;
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
    try (ProcessMemory memory = new ProcessMemory(target.pid())) {
      // Else its number may be another one's by now; the open file is of one process for good.
      if (target.isAlive()) {
        samples.forEach(
            blocks -> blocks.forEach(block -> contents.put(block, read(memory, block))));
        return;
      }
    } catch (IOException e) {
      if (target.isAlive()) {
        problem = Problem.describe(e);
        return;
      }
    }
    problem = "the process has " + target.ending() + ", and its memory can no longer be read";
  }

  private static List<String> read(ProcessMemory memory, BlockSample block) {
    int length = (int) Math.min(MOST_BYTES, block.bytes());
    if (length == 0) {
      return List.of("empty");
    }
    try {
      byte[] bytes = new byte[length];
      memory.read(block.address(), length).get(bytes);
      return BlockText.of(bytes);
    } catch (EOFException e) {
      return List.of("its memory is no longer mapped");
    } catch (IOException e) {
      return List.of("its memory is no longer mapped, or the process has ended");
    }
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
