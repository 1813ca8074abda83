package org.memstacks.elf;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * What .gnu_debuglink says of the file that holds an object's debug data (GDB manual, "Separate
 * Debug Files").
 *
 * @param fileName without directories, one character per byte
 * @param crc CRC-32 of that file's contents
 */
public record DebugLink(String fileName, int crc) {
  private static final int MAX_NAME = 256;
  private static final ValueLayout.OfInt INT =
      JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /**
   * @param section the section's bytes
   * @return empty where they state no file
   */
  static Optional<DebugLink> of(MemorySegment section) {
    String name = StringTable.latin1(section, 0, MAX_NAME);
    long crcAt = (name.length() + 1 + 3) & ~3L;
    if (name.isEmpty() || name.indexOf('/') >= 0 || section.byteSize() - crcAt < 4) {
      return Optional.empty();
    }
    return Optional.of(new DebugLink(name, section.get(INT, crcAt)));
  }
}
