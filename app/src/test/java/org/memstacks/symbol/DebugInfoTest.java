package org.memstacks.symbol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.Section;
import org.memstacks.elf.Symbol;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;

/** Inlined calls and lines, with addr2line as the judge. */
class DebugInfoTest {
  private static final long BIAS = 0x7f0000000000L;
  private static final String SOURCE =
      """
      #include <stdlib.h>
      namespace pool {
      struct Node { Node *next; char data[56]; };
      inline __attribute__((always_inline)) void *take(size_t n) {
        return malloc(n);
      }
      inline __attribute__((always_inline)) Node *node(Node *next) {
        Node *made = static_cast<Node *>(take(sizeof(Node)));
        if (made) made->next = next;
        return made;
      }
      __attribute__((noinline)) Node *list(int n) {
        Node *head = 0;
        for (int i = 0; i < n; i++) head = node(head);
        return head;
      }
      }
      extern "C" void *build(int n) { return pool::list(n + 1); }
      """;

  @TempDir Path directory;
  private Optional<LibDw> libDw;
  private Path library;

  @BeforeEach
  void compileWithDebugData() throws IOException, InterruptedException {
    libDw = LibDw.load();
    assumeTrue(libDw.isPresent(), "libdw.so.1 (elfutils) is not installed");
    assumeTrue(Files.exists(Path.of("/usr/bin/g++")), "g++ is not installed");
    library = directory.resolve("libpool.so");
    compile();
  }

  private void compile(String... options) throws IOException, InterruptedException {
    Path source = Files.writeString(directory.resolve("pool.cc"), SOURCE);
    List<Object> command = new ArrayList<>(List.of("g++", "-O2", "-g", "-shared", "-fPIC"));
    command.addAll(List.of(options));
    command.addAll(List.of("-o", library, source));
    run(command.toArray());
  }

  private static void run(Object... command) throws IOException, InterruptedException {
    List<String> words = Stream.of(command).map(Object::toString).toList();
    assertThat(new ProcessBuilder(words).inheritIO().start().waitFor()).isZero();
  }

  @Test
  void everyInstructionIsPlacedWhereAddr2linePlacesIt() throws IOException {
    assumeTrue(Files.exists(Path.of("/usr/bin/addr2line")), "addr2line is not installed");
    List<Long> addresses = new ArrayList<>();
    List<List<String>> ours = new ArrayList<>();
    try (ElfFile elf = ElfFile.open(library);
        DebugInfo info = DebugInfo.open(libDw.orElseThrow(), elf, Optional.empty())) {
      for (String name : new String[] {"_ZN4pool4listEi", "build"}) {
        Symbol function = elf.symbol(name).orElseThrow();
        for (long at = function.address(); at < function.address() + function.size(); at++) {
          addresses.add(at);
          List<String> scopes = new ArrayList<>();
          for (DebugInfo.Scope scope : info.scopes(at)) {
            scopes.add(
                new String(scope.name(), StandardCharsets.UTF_8)
                    + " "
                    + scope.line().map(SourceLine::text).orElse("?"));
          }
          ours.add(scopes);
        }
      }
    }
    assertThat(ours).isEqualTo(addr2line(addresses));
    assertThat(ours).as("a call inlined twice over").anyMatch(scopes -> scopes.size() == 3);
  }

  @Test
  void aStackShowsInlinedCallsAsFramesOfTheirOwn() throws IOException {
    long afterMalloc = afterCallInList();
    try (Symbolizer symbolizer = symbolizer(libDw)) {
      List<Frame> frames = symbolizer.frames(BIAS + afterMalloc, false);
      assertThat(frames)
          .extracting(f -> f.text(new FrameStyle(false, false, true)))
          .containsExactly(
              "pool::take(unsigned long) (pool.cc:5)",
              "pool::node(pool::Node*) (pool.cc:8)",
              "pool::list(int) (pool.cc:14)");
      assertThat(frames).extracting(Frame::inlined).containsExactly(true, true, false);
      assertThat(frames.getLast().text(new FrameStyle(true, true)))
          .matches("pool::list\\(int\\)\\+0x[0-9a-f]+ \\[libpool.so\\]");
    }
  }

  @Test
  void withoutLibdwTheFunctionIsStillNamed() throws IOException {
    try (Symbolizer symbolizer = symbolizer(Optional.empty())) {
      assertThat(symbolizer.frames(BIAS + afterCallInList(), false))
          .extracting(f -> f.text(FrameStyle.PLAIN))
          .containsExactly("pool::list(int)");
    }
  }

  /** As the debug packages of Debian have it. */
  @Test
  void whatSeveralObjectsHaveInCommonIsReadFromTheirSharedFile() throws Exception {
    Path shared = shareDebugData();
    try (ElfFile common = ElfFile.open(shared)) {
      String id = common.buildId().orElseThrow();
      Path place = directory.resolve(".build-id/" + id.substring(0, 2));
      Files.createDirectories(place);
      Files.move(shared, place.resolve(id.substring(2) + ".debug"));
    }
    try (Symbolizer symbolizer = symbolizer(libDw, new DebugFiles(directory, Optional.empty()))) {
      assertThat(symbolizer.frames(BIAS + afterCallInList(), false))
          .extracting(f -> f.text(new FrameStyle(false, false, true)))
          .containsExactly(
              "pool::take(unsigned long) (pool.cc:5)",
              "pool::node(pool::Node*) (pool.cc:8)",
              "pool::list(int) (pool.cc:14)");
      assertThat(symbolizer.problems()).isEmpty();
    }
  }

  @Test
  void aSharedFileThatIsMissingIsSaid() throws Exception {
    Path shared = shareDebugData();
    Files.delete(shared);
    try (Symbolizer symbolizer = symbolizer(libDw)) {
      assertThat(symbolizer.frames(BIAS + afterCallInList(), false))
          .extracting(f -> f.text(FrameStyle.PLAIN))
          .doesNotContain("")
          .endsWith("pool::list(int)");
      assertThat(symbolizer.problems())
          .containsExactly(
              library
                  + ": part of its debug data is in "
                  + shared
                  + ", which is not there: names of inlined calls are missing");
    }
  }

  @Test
  void debugDataInDwoFilesIsSaidNotToBeRead() throws Exception {
    compile("-gsplit-dwarf");
    try (Symbolizer symbolizer = symbolizer(libDw)) {
      assertThat(symbolizer.frames(BIAS + afterCallInList(), false))
          .extracting(f -> f.text(FrameStyle.PLAIN))
          .containsExactly("pool::list(int)");
      assertThat(symbolizer.problems())
          .containsExactly(
              library
                  + ": part of its debug data is in .dwo files (-gsplit-dwarf), which are not read:"
                  + " inlined calls are missing");
    }
  }

  /** Moves what the library and a copy of it have in common to a file of its own. */
  private Path shareDebugData() throws IOException, InterruptedException {
    assumeTrue(Files.exists(Path.of("/usr/bin/dwz")), "dwz is not installed");
    Path copy = Files.copy(library, directory.resolve("libcopy.so"));
    Path shared = directory.resolve("shared.debug");
    run("dwz", "-m", shared, "-M", shared, library, copy);
    return shared;
  }

  private Symbolizer symbolizer(Optional<LibDw> with) throws IOException {
    return symbolizer(with, DebugFiles.none());
  }

  private Symbolizer symbolizer(Optional<LibDw> with, DebugFiles debugFiles) throws IOException {
    Symbolizer symbolizer =
        new Symbolizer(_ -> ElfFile.open(library), debugFiles, Demangler.create(), with);
    try (ElfFile elf = ElfFile.open(library)) {
      Section text = elf.section(".text").orElseThrow();
      long page = text.offset() & -4096;
      long start = BIAS + text.address() - (text.offset() - page);
      symbolizer.add(
          new MemoryMap(
              List.of(
                  new Mapping(start, start + 0x10000, 5, page, 1, 1, library.toString(), false))));
    }
    return symbolizer;
  }

  /** The address the first call instruction (0xe8) of pool::list returns to. */
  private long afterCallInList() throws IOException {
    try (ElfFile elf = ElfFile.open(library)) {
      Symbol list = elf.symbol("_ZN4pool4listEi").orElseThrow();
      byte[] code = elf.bytesAt(list.address(), list.size()).toArray(ValueLayout.JAVA_BYTE);
      for (int i = 0; i < code.length; i++) {
        if (code[i] == (byte) 0xe8) {
          return list.address() + i + 5;
        }
      }
      throw new AssertionError("no call in pool::list");
    }
  }

  private List<List<String>> addr2line(List<Long> addresses) throws IOException {
    List<String> command =
        new ArrayList<>(List.of("addr2line", "-a", "-i", "-f", "-s", "-e", library.toString()));
    addresses.forEach(a -> command.add(Long.toHexString(a)));
    List<List<String>> result = new ArrayList<>();
    try (BufferedReader lines = new ProcessBuilder(command).start().inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("0x")) {
          result.add(new ArrayList<>());
        } else {
          String place = lines.readLine().replaceFirst(" \\(discriminator \\d+\\)", "");
          result.getLast().add(line + " " + place);
        }
      }
    }
    result.forEach(DebugInfoTest::undoSymbol);
    return result;
  }

  /**
   * Where an inlined call begins, addr2line gives its line but the name of the symbol there, which
   * is the outermost function's.
   */
  private static void undoSymbol(List<String> scopes) {
    String first = scopes.getFirst();
    String outer = scopes.getLast();
    String name = outer.substring(0, outer.indexOf(' ') + 1);
    if (scopes.size() > 1 && first.startsWith(name)) {
      String inner = scopes.size() == 3 ? "_ZN4pool4takeEm " : "_ZN4pool4nodeEPNS_4NodeE ";
      scopes.set(0, inner + first.substring(name.length()));
    }
  }
}
