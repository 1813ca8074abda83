package org.memstacks.symbol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.memstacks.elf.SymbolTable.STB_GLOBAL;

import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.memstacks.elf.ElfBuilder;
import org.memstacks.elf.ElfFile;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetFiles;

class SymbolizerTest {
  private static final long BASE = 0x7f0000000000L;
  private static final String OBJECT =
      "7f0000001000-7f0000003000 r-xp 00001000 fe:00 7  /opt/lib demo.so\n";

  @TempDir Path directory;

  @Test
  void namesAnAddressByItsFunction() throws IOException {
    try (Symbolizer symbolizer = symbolizer(OBJECT)) {
      assertThat(symbolizer.frame(BASE + 0x1004, true))
          .isEqualTo(new Frame("work", "lib demo.so", 4, 0x1004));
    }
  }

  @Test
  void aReturnAddressIsLookedUpInsideItsCall() throws IOException {
    try (Symbolizer symbolizer = symbolizer(OBJECT)) {
      Frame caller = symbolizer.frame(BASE + 0x1010, false);
      assertThat(caller.function()).as("the call was work's last instruction").isEqualTo("work");
      assertThat(caller.functionOffset()).as("of the address itself").isEqualTo(0x10);
      assertThat(symbolizer.frame(BASE + 0x1010, true).function()).isEqualTo("next");
    }
  }

  @Test
  void withoutASymbolItSaysWhereInWhichObject() throws IOException {
    try (Symbolizer symbolizer = symbolizer(OBJECT)) {
      assertThat(symbolizer.frame(BASE + 0x1800, true).text(FrameStyle.PLAIN))
          .isEqualTo("[lib demo.so+0x1800]");
    }
  }

  @Test
  void withoutAnObjectItSaysUnknown() throws IOException {
    try (Symbolizer symbolizer = symbolizer(OBJECT + "7f0000009000-7f000000a000 r-xp 0 0:0 0\n")) {
      assertThat(symbolizer.frame(0x1234, true).text(FrameStyle.PLAIN)).isEqualTo("[unknown]");
      assertThat(symbolizer.frame(BASE + 0x9000, true)).isEqualTo(Frame.UNKNOWN);
    }
  }

  @Test
  void offsetsAndModulesAreWrittenAsBccDoes() throws IOException {
    try (Symbolizer symbolizer = symbolizer(OBJECT)) {
      Frame frame = symbolizer.frame(BASE + 0x1004, true);
      assertThat(frame.text(new FrameStyle(true, false))).isEqualTo("work+0x4");
      assertThat(frame.text(new FrameStyle(true, true))).isEqualTo("work+0x4 [lib demo.so]");
      assertThat(frame.text(new FrameStyle(false, true))).isEqualTo("work [lib demo.so]");
    }
  }

  @Test
  void whatWasUnmappedIsStillNamed() throws IOException {
    try (Symbolizer symbolizer = symbolizer(OBJECT)) {
      symbolizer.add(parse("400000-401000 r-xp 0 0:1 8 /bin/other\n"));
      assertThat(symbolizer.frame(BASE + 0x1004, true).function()).isEqualTo("work");
    }
  }

  @Test
  void codeARuntimeCompiledIsNamedByItsPerfMap() throws IOException {
    Path map = Files.writeString(directory.resolve("perf-1.map"), "7f0000009000 40 Lcom/A;::run\n");
    try (Symbolizer symbolizer = symbolizer("7f0000009000-7f000000a000 rwxp 0 0:0 0\n");
        FileChannel channel = FileChannel.open(map)) {
      symbolizer.readPerfMap(channel);
      assertThat(symbolizer.frame(BASE + 0x9008, true).text(new FrameStyle(true, true)))
          .isEqualTo("Lcom/A;::run+0x8");
    }
  }

  @Test
  void sayWhatCouldNotBeRead() throws IOException {
    try (Symbolizer symbolizer =
        new Symbolizer(
            m -> {
              throw new FileNotFoundException(m.name() + ": gone");
            },
            Demangler.create())) {
      symbolizer.add(parse(OBJECT));
      assertThat(symbolizer.problems()).containsExactly("/opt/lib demo.so: gone");
      assertThat(symbolizer.frame(BASE + 0x1004, true).text(FrameStyle.PLAIN))
          .isEqualTo("[lib demo.so+0x1004]");
    }
  }

  @Test
  void namesThatDoNotFitIntoMemoryAreLeftOutAndThatIsSaid() throws IOException {
    try (Symbolizer symbolizer =
        new Symbolizer(_ -> demo(), DebugFiles.none(), Demangler.create(), Optional.empty(), 4)) {
      symbolizer.add(parse(OBJECT));
      assertThat(symbolizer.frame(BASE + 0x1004, true).text(FrameStyle.PLAIN)).isEqualTo("work");
      assertThat(symbolizer.frame(BASE + 0x1014, true).text(FrameStyle.PLAIN))
          .isEqualTo("[lib demo.so+0x1014]");
      assertThat(symbolizer.frame(BASE + 0x1006, true).text(FrameStyle.PLAIN)).isEqualTo("work");
      assertThat(symbolizer.problems())
          .singleElement()
          .asString()
          .startsWith("names take all the memory that Java may take for them here");
    }
  }

  @Test
  void codeInAFileThatIsNoObjectIsNoProblem() throws IOException {
    MemorySegment closures = MemorySegment.ofArray(new byte[4096]);
    try (Symbolizer symbolizer =
        new Symbolizer(m -> ElfFile.of(closures, m.name()), Demangler.create())) {
      symbolizer.add(parse("1000-2000 r-xp 0 0:1 9 /tmp/ffiUEacX (deleted)\n"));
      assertThat(symbolizer.problems()).isEmpty();
      assertThat(symbolizer.frame(0x1800, true).text(FrameStyle.PLAIN))
          .isEqualTo("[ffiUEacX+0x800]");
    }
  }

  @Test
  void namesTheFunctionsOfThisVeryProcess() throws IOException {
    long pid = ProcessHandle.current().pid();
    MemoryMap map = MemoryMap.of(pid);
    Mapping libc =
        map.executable().stream().filter(m -> m.moduleName().equals("libc.so.6")).findFirst().get();
    TargetFiles files = new TargetFiles(pid);
    long malloc;
    try (ElfFile elf = files.openObject(libc)) {
      malloc =
          elf.symbol("malloc").orElseThrow().address()
              + elf.loadBias(libc.start(), libc.offset()).orElseThrow();
    }
    try (Symbolizer symbolizer = new Symbolizer(files::openObject, Demangler.create())) {
      symbolizer.add(map);
      assertThat(symbolizer.frame(malloc + 1, true))
          .satisfies(f -> {
            assertThat(f.function()).isEqualTo("malloc");
            assertThat(f.module()).isEqualTo("libc.so.6");
          });
      assertThat(symbolizer.problems()).isEmpty();
    }
  }

  private static Symbolizer symbolizer(String maps) throws IOException {
    ElfFile demo = demo();
    Symbolizer symbolizer =
        new Symbolizer(
            m -> {
              if (m.rawName().endsWith("demo.so")) {
                return demo;
              }
              throw new FileNotFoundException(m.name());
            },
            Demangler.create());
    symbolizer.add(parse(maps));
    return symbolizer;
  }

  private static ElfFile demo() throws IOException {
    return new ElfBuilder()
        .function("work", 0x1000, 0x10, STB_GLOBAL)
        .function("next", 0x1010, 0x10, STB_GLOBAL)
        .build();
  }

  private static MemoryMap parse(String text) throws IOException {
    return MemoryMap.parse(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }
}
