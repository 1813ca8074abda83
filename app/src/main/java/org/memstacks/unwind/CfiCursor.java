package org.memstacks.unwind;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Reads the numbers of .eh_frame, one after the other, never beyond a given end. */
final class CfiCursor {
  static final int PE_OMIT = 0xff;
  private static final int PE_INDIRECT = 0x80;
  private static final int PE_PCREL = 0x10;

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment bytes;
  private final long address;
  private long at;
  private long end;

  /**
   * @param address the virtual address of the first byte, for pc-relative pointers
   */
  CfiCursor(MemorySegment bytes, long address) {
    this.bytes = bytes;
    this.address = address;
    this.end = bytes.byteSize();
  }

  void range(long from, long to) throws MalformedCfi {
    if (from < 0 || to < from || to > bytes.byteSize()) {
      throw new MalformedCfi("a record leaves the section");
    }
    at = from;
    end = to;
  }

  long at() {
    return at;
  }

  long end() {
    return end;
  }

  boolean hasMore() {
    return at < end;
  }

  void skip(long length) throws MalformedCfi {
    if (length < 0) {
      throw new MalformedCfi("a negative length");
    }
    take(length);
  }

  int u8() throws MalformedCfi {
    return bytes.get(ValueLayout.JAVA_BYTE, take(1)) & 0xff;
  }

  int u16() throws MalformedCfi {
    return bytes.get(SHORT, take(2)) & 0xffff;
  }

  long u32() throws MalformedCfi {
    return bytes.get(INT, take(4)) & 0xffffffffL;
  }

  long u64() throws MalformedCfi {
    return bytes.get(LONG, take(8));
  }

  long uleb() throws MalformedCfi {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      int b = u8();
      if (shift < 64) {
        value |= (b & 0x7fL) << shift;
      }
      if (b < 0x80) {
        return value;
      }
    }
  }

  long sleb() throws MalformedCfi {
    long value = 0;
    for (int shift = 0; ; ) {
      int b = u8();
      if (shift < 64) {
        value |= (b & 0x7fL) << shift;
      }
      shift += 7;
      if (b < 0x80) {
        return shift < 64 && (b & 0x40) != 0 ? value | -1L << shift : value;
      }
    }
  }

  /** A pointer in one of the DW_EH_PE encodings (LSB, "Exception Frames"). */
  long pointer(int encoding) throws MalformedCfi {
    long origin = address + at;
    if ((encoding & PE_INDIRECT) != 0) {
      throw new MalformedCfi("an indirect code pointer");
    }
    long value = number(encoding);
    return switch (encoding & 0x70) {
      case 0 -> value;
      case PE_PCREL -> origin + value;
      default -> throw new MalformedCfi("pointer encoding " + encoding);
    };
  }

  /** A number in the format half of an encoding. */
  long number(int encoding) throws MalformedCfi {
    return switch (encoding & 0x0f) {
      case 0x00, 0x04, 0x0c -> u64();
      case 0x01 -> uleb();
      case 0x02 -> u16();
      case 0x03 -> u32();
      case 0x09 -> sleb();
      case 0x0a -> (short) u16();
      case 0x0b -> (int) u32();
      default -> throw new MalformedCfi("pointer encoding " + encoding);
    };
  }

  private long take(long length) throws MalformedCfi {
    if (length > end - at) {
      throw new MalformedCfi("a record ends early");
    }
    long from = at;
    at += length;
    return from;
  }
}
