package org.memstacks.symbol;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.memstacks.elf.ElfException;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.Section;
import org.tukaani.xz.XZInputStream;

/**
 * The xz-compressed object in .gnu_debugdata, by which Fedora and its kin keep the names of local
 * functions in stripped objects (GDB manual, "MiniDebugInfo").
 */
final class MiniDebugInfo {
  private static final int MAX_SIZE = 64 << 20;
  private static final int MAX_DICTIONARY_KIB = 64 << 10;

  private MiniDebugInfo() {}

  /**
   * @return empty when the object has none
   * @throws IOException when it cannot be decompressed within bounds, or is no object
   */
  static Optional<ElfFile> open(ElfFile elf) throws IOException {
    Optional<Section> section = elf.section(".gnu_debugdata");
    if (section.isEmpty()) {
      return Optional.empty();
    }
    byte[] compressed = elf.contents(section.get()).toArray(ValueLayout.JAVA_BYTE);
    String name = elf.name() + "(.gnu_debugdata)";
    byte[] bytes;
    try (XZInputStream in =
        new XZInputStream(new ByteArrayInputStream(compressed), MAX_DICTIONARY_KIB)) {
      bytes = in.readNBytes(MAX_SIZE);
    } catch (IOException e) {
      throw new ElfException(name + ": " + e);
    }
    if (bytes.length == MAX_SIZE) {
      throw new ElfException(name + ": is larger than " + (MAX_SIZE >> 20) + " MiB");
    }
    return Optional.of(ElfFile.of(MemorySegment.ofArray(bytes), name));
  }
}
