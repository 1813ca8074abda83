package org.memstacks.elf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.Optional;

/** The entries of a note section or segment: three words, a padded name, a padded description. */
final class Notes {
  /** Notes behind this many bytes are not looked at. */
  static final long MAX_SIZE = 1 << 20;

  private static final int NT_GNU_BUILD_ID = 3;
  private static final int GNU = 0x00554e47;
  private static final int MAX_BUILD_ID = 64;
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Notes() {}

  static Optional<String> buildId(MemorySegment notes) {
    long end = Math.min(notes.byteSize(), MAX_SIZE);
    long at = 0;
    while (end - at >= 12) {
      long nameSize = notes.get(INT, at) & 0xffffffffL;
      long descriptionSize = notes.get(INT, at + 4) & 0xffffffffL;
      long name = at + 12;
      long description = name + padded(nameSize);
      if (description > end || descriptionSize > end - description) {
        return Optional.empty();
      }
      if (notes.get(INT, at + 8) == NT_GNU_BUILD_ID
          && nameSize == 4
          && notes.get(INT, name) == GNU
          && descriptionSize > 0
          && descriptionSize <= MAX_BUILD_ID) {
        byte[] id = notes.asSlice(description, descriptionSize).toArray(JAVA_BYTE);
        return Optional.of(HexFormat.of().formatHex(id));
      }
      at = description + padded(descriptionSize);
    }
    return Optional.empty();
  }

  private static long padded(long size) {
    return (size + 3) & ~3L;
  }
}
