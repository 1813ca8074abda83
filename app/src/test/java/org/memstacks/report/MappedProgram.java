package org.memstacks.report;

import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.memstacks.elf.ElfBuilder;
import org.memstacks.elf.ElfFile;
import org.memstacks.symbol.Demangler;
import org.memstacks.symbol.Symbolizer;
import org.memstacks.target.MemoryMap;

/**
 * Names of a program whose code from 0x1000 to 0x2000 is mapped at 0x401000; no other file can be
 * read.
 */
final class MappedProgram {
  private static final String MAP = "401000-402000 r-xp 00001000 fe:00 7 /app\n";

  private MappedProgram() {}

  static Symbolizer symbols(ElfBuilder program) throws IOException {
    ElfFile elf = program.build();
    Symbolizer symbolizer =
        new Symbolizer(
            mapping -> {
              if (mapping.rawName().equals("/app")) {
                return elf;
              }
              throw new FileNotFoundException(mapping.name());
            },
            Demangler.create());
    symbolizer.add(MemoryMap.parse(new ByteArrayInputStream(MAP.getBytes(StandardCharsets.UTF_8))));
    return symbolizer;
  }
}
