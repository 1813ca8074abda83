package org.memstacks.unwind;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.memstacks.elf.ElfBuilder;
import org.memstacks.elf.ElfFile;

/** Writes an .eh_frame as GCC does: one CIE "zR" (CFA = rsp+8, return address at CFA-8), FDEs. */
final class EhFrameBuilder {
  /** Where .eh_frame lies in the objects built. */
  static final long ADDRESS = 0x3000;

  private static final int PCREL_SDATA4 = 0x1b;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  EhFrameBuilder() {
    this("zR");
  }

  EhFrameBuilder(String augmentation) {
    ByteArrayOutputStream cie = new ByteArrayOutputStream();
    cie.writeBytes(new byte[4]);
    cie.write(1);
    cie.writeBytes(augmentation.getBytes(StandardCharsets.US_ASCII));
    cie.writeBytes(bytes(0, 1, 0x78, 16, 1, PCREL_SDATA4, 0x0c, 7, 8, 0x90, 1));
    record(cie.toByteArray());
  }

  /** A function and its call frame instructions. */
  EhFrameBuilder function(long start, long end, int... instructions) {
    int record = out.size() + 4;
    ByteBuffer fde = ByteBuffer.allocate(13 + instructions.length).order(ByteOrder.LITTLE_ENDIAN);
    fde.putInt(record);
    fde.putInt((int) (start - (ADDRESS + record + 4))).putInt((int) (end - start)).put((byte) 0);
    fde.put(bytes(instructions));
    record(fde.array());
    return this;
  }

  byte[] section() {
    byte[] records = out.toByteArray();
    return Arrays.copyOf(records, records.length + 4);
  }

  ElfFile build() {
    return new ElfBuilder().section(".eh_frame", 1, ADDRESS, section()).build();
  }

  private void record(byte[] body) {
    int padded = (body.length + 3) & ~3;
    out.writeBytes(
        ByteBuffer.allocate(4 + padded)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(padded)
            .put(body)
            .array());
  }

  static byte[] bytes(int... values) {
    byte[] result = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = (byte) values[i];
    }
    return result;
  }
}
