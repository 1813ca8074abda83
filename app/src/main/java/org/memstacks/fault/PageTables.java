package org.memstacks.fault;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.Layouts.FaultControl;
import org.memstacks.target.Pagemap;

/**
 * Lets the kernel programs read page tables, which lie in the kernel's map of all memory. Where
 * that begins differs from boot to boot, and no kernel tells: it is found by looking for a page of
 * the collector's own.
 */
final class PageTables {
  static final String PROGRAM = "find_direct_map";

  private static final Path PROCESSOR = Path.of("/proc/cpuinfo");
  private static final Pattern ADDRESS_BITS =
      Pattern.compile("address sizes\\s*: (\\d{1,3}) bits physical");

  /* Of an entry, where it holds an address: above lie flags, or the bits of memory encryption. */
  private static final int MOST_ADDRESS_BITS = 52;

  private PageTables() {}

  /**
   * Has the programs find out. They do without where that fails: then the tables lie otherwise than
   * the architecture has them (a paravirtual machine's).
   *
   * @param object loaded
   * @param control struct fault_control, mapped
   */
  static void find(BpfObject object, MemorySegment control) {
    long content = new SplittableRandom().nextLong();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment sample = arena.allocate(JAVA_LONG);
      sample.set(JAVA_LONG, 0, content);
      control.set(JAVA_LONG, FaultControl.TABLES_SAMPLE, sample.address());
      control.set(JAVA_LONG, FaultControl.TABLES_CONTENT, content);
      control.set(JAVA_LONG, FaultControl.TABLES_ADDRESS_MASK, addressMask(addressBits()));
      object.program(PROGRAM).run();
    } catch (BpfException e) {
      control.set(JAVA_LONG, FaultControl.TABLES_DIRECT_MAP, 0);
    }
  }

  /** Whether the programs read page tables. */
  static boolean areRead(MemorySegment control) {
    return control.get(JAVA_LONG, FaultControl.TABLES_DIRECT_MAP) != 0;
  }

  private static long addressMask(int bits) {
    return (1L << bits) - (1L << Pagemap.PAGE_SHIFT);
  }

  private static int addressBits() {
    try (Stream<String> lines = Files.lines(PROCESSOR)) {
      return lines
          .map(ADDRESS_BITS::matcher)
          .filter(Matcher::lookingAt)
          .mapToInt(matcher -> Integer.parseInt(matcher.group(1)))
          .filter(bits -> bits > Pagemap.PAGE_SHIFT && bits < MOST_ADDRESS_BITS)
          .findFirst()
          .orElse(MOST_ADDRESS_BITS);
    } catch (IOException e) {
      return MOST_ADDRESS_BITS;
    }
  }
}
