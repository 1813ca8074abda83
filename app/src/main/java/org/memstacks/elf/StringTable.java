package org.memstacks.elf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** NUL-terminated strings at offsets that may be wrong. */
final class StringTable {
  private StringTable() {}

  /** Bytes before the NUL; 0 when the offset is outside, nothing ends it, or it is too long. */
  static int length(MemorySegment strings, long offset, int limit) {
    long end = Math.min(strings.byteSize(), offset + limit);
    for (long at = offset; at < end; at++) {
      if (strings.get(JAVA_BYTE, at) == 0) {
        return (int) (at - offset);
      }
    }
    return 0;
  }

  static boolean matches(MemorySegment strings, long offset, byte[] wanted) {
    if (offset > strings.byteSize() - wanted.length - 1
        || strings.get(JAVA_BYTE, offset + wanted.length) != 0) {
      return false;
    }
    for (int i = 0; i < wanted.length; i++) {
      if (strings.get(JAVA_BYTE, offset + i) != wanted[i]) {
        return false;
      }
    }
    return true;
  }

  /** One character per byte; empty when {@link #length} is 0. */
  static String latin1(MemorySegment strings, long offset, int limit) {
    int length = length(strings, offset, limit);
    return length == 0
        ? ""
        : new String(
            strings.asSlice(offset, length).toArray(JAVA_BYTE), StandardCharsets.ISO_8859_1);
  }
}
