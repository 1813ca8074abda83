package org.memstacks.unwind;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.ForkJoinPool;
import org.memstacks.elf.ElfFile;

/**
 * Builds the unwind rows of the objects named, once, in a fresh JVM as a collector does, and prints
 * rows, time and what share of the code each type of rule covers. With {@code --cache} first,
 * tables come from and go to the user's cache.
 */
final class UnwindBenchmark {
  private UnwindBenchmark() {}

  public static void main(String[] args) throws IOException {
    boolean cached = args.length > 0 && args[0].equals("--cache");
    UnwindCache cache = cached ? UnwindCache.ofUser(System.getenv()) : UnwindCache.none();
    long begin = System.nanoTime();
    long rows = 0;
    for (String path : Arrays.copyOfRange(args, cached ? 1 : 0, args.length)) {
      long start = System.nanoTime();
      try (ElfFile elf = ElfFile.open(Path.of(path))) {
        var table = cache.table(elf, ForkJoinPool.commonPool());
        double ms = (System.nanoTime() - start) / 1e6;
        if (table.isEmpty()) {
          System.out.printf("%s: no .eh_frame%n", path);
          continue;
        }
        rows += table.get().size();
        System.out.printf(
            "%s: %d rows, %.1f ms, bytes by type %s%n",
            path, table.get().size(), ms, Arrays.toString(table.get().bytesByType()));
      }
    }
    System.out.printf("%d rows in %.0f ms%n", rows, (System.nanoTime() - begin) / 1e6);
  }
}
