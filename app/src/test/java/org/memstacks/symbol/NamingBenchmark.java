package org.memstacks.symbol;

import java.io.IOException;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.Section;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetFiles;

/**
 * Names 100,000 distinct addresses of a running process in one go, tables read and names demangled
 * on the way, and prints how long that took. Argument: a PID, or nothing for this very process.
 */
final class NamingBenchmark {
  private static final int ADDRESSES = 100_000;

  private NamingBenchmark() {}

  public static void main(String[] args) throws IOException {
    long pid = args.length > 0 ? Long.parseLong(args[0]) : ProcessHandle.current().pid();
    TargetFiles files = new TargetFiles(pid);
    MemoryMap map = MemoryMap.of(pid);
    long[] addresses = addresses(map, files);
    long start = System.nanoTime();
    int named = 0;
    try (Symbolizer symbolizer = new Symbolizer(files::openObject, Demangler.create())) {
      symbolizer.add(map);
      for (long address : addresses) {
        named += symbolizer.frame(address, false).isNamed() ? 1 : 0;
      }
      symbolizer.problems().forEach(System.err::println);
    }
    System.out.printf(
        "%d addresses, %d named, %.0f ms%n",
        addresses.length, named, (System.nanoTime() - start) / 1e6);
  }

  /** Distinct addresses in the code of every object, in proportion to its size. */
  private static long[] addresses(MemoryMap map, TargetFiles files) throws IOException {
    SplittableRandom random = new SplittableRandom(5);
    long total = 0;
    for (Mapping m : map.executable()) {
      total += m.isFile() ? m.end() - m.start() : 0;
    }
    LongStream.Builder all = LongStream.builder();
    for (Mapping m : map.executable()) {
      if (m.isFile()) {
        try (ElfFile elf = files.openObject(m)) {
          Section text = elf.section(".text").orElseThrow();
          long bias = elf.loadBias(m.start(), m.offset()).orElseThrow();
          long share = (ADDRESSES + ADDRESSES / 10) * (m.end() - m.start()) / total + 1;
          random
              .longs(share, text.address() + bias, text.address() + text.size() + bias)
              .forEach(all::add);
        }
      }
    }
    return all.build().distinct().limit(ADDRESSES).toArray();
  }
}
