package org.memstacks.elf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Takes an object's section headers off, which nothing needs at run time. */
public final class SectionHeaders {
  private SectionHeaders() {}

  /** A copy without them, if they lie at its end cut off there. */
  public static byte[] removed(byte[] object) {
    ByteBuffer header = ByteBuffer.wrap(object).order(ByteOrder.LITTLE_ENDIAN);
    long table = header.getLong(40);
    long size = (long) header.getShort(58) * header.getShort(60);
    byte[] result =
        Arrays.copyOf(object, table + size == object.length ? (int) table : object.length);
    ByteBuffer.wrap(result).putLong(40, 0).putInt(58, 0).putShort(62, (short) 0);
    return result;
  }
}
