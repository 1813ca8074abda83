package org.memstacks.symbol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.elf.ElfFile;

class ArgumentWidthsTest {
  private static final String SOURCE =
      """
      #include <stddef.h>
      #include <stdint.h>
      #define OWN __attribute__((noinline))
      void *volatile sink;
      typedef const volatile unsigned amount;
      enum color { RED };
      struct pair { long a, b; };
      struct large { long a[9]; };
      extern "C" {
      OWN void *plain(void *pool, int n) { sink = pool; return (char *) sink + n; }
      OWN void *named(amount count, uint16_t size, bool zero, enum color c, size_t n) {
        return (char *) sink + count + size + zero + c + n;
      }
      OWN void *floats(float a, unsigned n, double b, char c, long double d, long l) {
        return (char *) sink + (long) (a + n + b + c + d + l);
      }
      OWN void *by_value(int first, struct pair p, int n) { return (char *) sink + first + p.a + n; }
      OWN struct large in_memory(int n) { struct large l = { { n } }; return l; }
      OWN void *reference(int &old, int &&n) { return (char *) sink + old + n; }
      OWN void *wide(__int128 n, int m) { return (char *) sink + (long) n + m; }
      OWN void *nothing(void) { return sink; }
      }
      struct Pool { char *at; OWN void *get(unsigned n); };
      void *Pool::get(unsigned n) { return at + n; }
      static inline void *both(short unused, unsigned n) { return (char *) sink + n; }
      void *(*volatile through)(short, unsigned) = both;
      extern "C" OWN void *caller(int n) { return (char *) both(1, (unsigned) n) + 1; }
      """;

  @TempDir Path directory;

  @BeforeEach
  void requireTools() {
    assumeTrue(LibDw.load().isPresent(), "libdw.so.1 (elfutils) is not installed");
    assumeTrue(Files.exists(Path.of("/usr/bin/g++")), "g++ is not installed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-O0 -g", "-O2 -g", "-O2 -g -gdwarf-4", "-O2 -g -gdwarf-5 -fno-plt"})
  void argumentsAreAsWideAsTheirTypesInTheOrderOfTheirRegisters(String options) throws Exception {
    Path library = compile(options);
    assertThat(of(library, "plain")).containsExactly(64, 32);
    assertThat(of(library, "named")).containsExactly(32, 16, 8, 32, 64);
    assertThat(of(library, "floats"))
        .as("but for numbers that are none")
        .containsExactly(32, 8, 64);
    assertThat(of(library, "by_value")).as("what follows may be anywhere").containsExactly(32);
    assertThat(of(library, "in_memory")).as("its result's address is the first").isEmpty();
    assertThat(of(library, "reference")).containsExactly(64, 64);
    assertThat(of(library, "wide")).isEmpty();
    assertThat(of(library, "nothing")).isEmpty();
    assertThat(of(library, "_ZN4Pool3getEj")).as("this comes first").containsExactly(64, 32);
    assertThat(of(library, "_ZL4bothsj")).as("inlined elsewhere, too").containsExactly(16, 32);
    assertThat(of(library, "caller")).containsExactly(32);
  }

  @Test
  void withoutDebugInformationNothingIsKnown() throws Exception {
    assertThat(of(compile("-O2"), "plain")).isEmpty();
  }

  private static List<Integer> of(Path library, String function) throws IOException {
    try (ElfFile elf = ElfFile.open(library)) {
      long address = elf.symbol(function).orElseThrow().address();
      return ArgumentWidths.of(elf, DebugFiles.none(), library.toString(), List.of(address))
          .getOrDefault(address, List.of());
    }
  }

  private Path compile(String options) throws IOException, InterruptedException {
    Path source = Files.writeString(directory.resolve("widths.cc"), SOURCE);
    Path library = directory.resolve("libwidths.so");
    List<String> command = new ArrayList<>(List.of("g++", "-shared", "-fPIC", "-w"));
    command.addAll(List.of(options.split(" ")));
    command.addAll(List.of("-o", library.toString(), source.toString()));
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    return library;
  }
}
