package org.memstacks.symbol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.Section;

/** 10,000 addresses of real libraries, named as binutils names them, and never beyond an extent. */
class BinutilsTest {
  private static final Path NM = Path.of("/usr/bin/nm");
  private static final Path ADDR2LINE = Path.of("/usr/bin/addr2line");
  private static final Path JVM = Path.of(System.getProperty("java.home"), "lib/server/libjvm.so");
  private static final Path CXX = Path.of("/usr/lib/x86_64-linux-gnu/libstdc++.so.6");
  private static final int ADDRESSES = 10_000;

  private record Known(String name, long start, long end) {
    boolean covers(long address) {
      return start <= address && address < end;
    }
  }

  @TempDir Path directory;

  @Test
  void aFullTableAnswersAsNm() throws IOException {
    compareWithNm(JVM, List.of());
  }

  @Test
  void aTableOfExportsAnswersAsNm() throws IOException {
    compareWithNm(CXX, List.of("-D"));
  }

  @Test
  void namesAreThoseOfAddr2line() throws IOException {
    assumeTrue(Files.exists(ADDR2LINE), "addr2line (binutils) is not installed");
    TreeMap<Long, List<Known>> known = nm(JVM, List.of());
    try (ElfFile elf = ElfFile.open(JVM)) {
      FunctionTable functions =
          new ObjectSymbols(elf, DebugFiles.none(), "", new Budget(1 << 30)).functions();
      long[] addresses =
          Arrays.stream(addresses(elf)).filter(a -> functions.find(a) >= 0).toArray();
      List<String> theirs = addr2line(addresses);
      int checked = 0;
      for (int i = 0; i < addresses.length; i++) {
        int function = functions.find(addresses[i]);
        String ours = new String(functions.name(function), StandardCharsets.UTF_8);
        Set<String> aliases = new HashSet<>();
        known.get(functions.start(function)).forEach(k -> aliases.add(k.name()));
        assertThat(aliases).contains(ours);
        assertThat(aliases).as("at %#x, ours %s", addresses[i], ours).contains(theirs.get(i));
        checked++;
      }
      assertThat(checked).isGreaterThan(ADDRESSES * 9 / 10);
    }
  }

  private static void compareWithNm(Path library, List<String> options) throws IOException {
    assumeTrue(Files.exists(NM), "nm (binutils) is not installed");
    assumeTrue(Files.exists(library), library + " is not installed");
    TreeMap<Long, List<Known>> known = nm(library, options);
    long longest =
        known.values().stream()
            .flatMap(List::stream)
            .mapToLong(k -> k.end() - k.start())
            .max()
            .orElseThrow();
    int named = 0;
    try (ElfFile elf = ElfFile.open(library)) {
      FunctionTable functions =
          new ObjectSymbols(elf, DebugFiles.none(), "", new Budget(1 << 30)).functions();
      for (long address : addresses(elf)) {
        Set<String> covering = new HashSet<>();
        for (List<Known> there : known.subMap(address - longest, address + 1).values()) {
          there.stream().filter(k -> k.covers(address)).forEach(k -> covering.add(k.name()));
        }
        int function = functions.find(address);
        String ours =
            function < 0 ? null : new String(functions.name(function), StandardCharsets.UTF_8);
        if (!covering.isEmpty()) {
          assertThat(covering).as("names of %#x", address).contains(ours);
          named++;
        } else if (ours != null) {
          // A symbol without a size, and nothing between it and the address.
          Map.Entry<Long, List<Known>> before = known.floorEntry(address);
          assertThat(before.getValue())
              .as("what is before %#x", address)
              .contains(new Known(ours, before.getKey(), before.getKey()));
        }
      }
    }
    assertThat(named).as("addresses with a name").isGreaterThan(ADDRESSES / 10);
  }

  /** Addresses of code all over the library, the first and last bytes of functions among them. */
  private static long[] addresses(ElfFile elf) {
    Section text = elf.section(".text").orElseThrow();
    SplittableRandom random = new SplittableRandom(3);
    return random
        .longs(ADDRESSES, text.address(), text.address() + text.size())
        .map(a -> random.nextInt(4) == 0 ? a & ~15L : a)
        .toArray();
  }

  private static TreeMap<Long, List<Known>> nm(Path library, List<String> options)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(NM.toString(), "--defined-only", "-S"));
    command.addAll(options);
    command.add(library.toString());
    TreeMap<Long, List<Known>> known = new TreeMap<>();
    Process nm = new ProcessBuilder(command).start();
    try (BufferedReader lines = nm.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] fields = line.split(" ");
        String type = fields[fields.length - 2];
        if (!"tTwWiI".contains(type)) {
          continue;
        }
        long start = Long.parseLong(fields[0], 16);
        long size = fields.length == 4 ? Long.parseLong(fields[1], 16) : 0;
        String name = fields[fields.length - 1].replaceFirst("(.)@.*", "$1");
        known
            .computeIfAbsent(start, _ -> new ArrayList<>())
            .add(new Known(name, start, start + size));
      }
    }
    return known;
  }

  private List<String> addr2line(long[] addresses) throws IOException {
    Path input = directory.resolve("addresses");
    Files.write(input, Arrays.stream(addresses).mapToObj(Long::toHexString).toList());
    Process process =
        new ProcessBuilder(ADDR2LINE.toString(), "-f", "-e", JVM.toString())
            .redirectInput(input.toFile())
            .start();
    List<String> names = new ArrayList<>();
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        names.add(line);
        lines.readLine();
      }
    }
    assertThat(names).hasSize(addresses.length);
    return names;
  }
}
