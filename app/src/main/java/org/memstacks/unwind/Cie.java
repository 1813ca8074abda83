package org.memstacks.unwind;

/**
 * A common information entry of .eh_frame (LSB, "The Common Information Entry Format"), with the
 * state its initial instructions leave.
 *
 * @param codeAlignment what distances between instructions are multiplied by
 * @param dataAlignment what offsets of saved registers are multiplied by
 * @param pointerEncoding of the code addresses in its FDEs
 * @param augmented whether its FDEs carry augmentation data
 * @param signalFrame whether its frames were pushed by the kernel
 * @param initial register rules, in {@link CfiState}'s layout
 */
record Cie(
    long codeAlignment,
    long dataAlignment,
    int pointerEncoding,
    boolean augmented,
    boolean signalFrame,
    long[] initial) {
  private static final int RETURN_ADDRESS = 16;
  private static final int MAX_AUGMENTATION = 16;

  /** Reads what lies between the CIE's id and its initial instructions. */
  static Cie read(CfiCursor cursor) throws MalformedCfi {
    int version = cursor.u8();
    if (version != 1 && version != 3 && version != 4) {
      throw new MalformedCfi("CIE version " + version);
    }
    StringBuilder augmentation = new StringBuilder();
    for (int c = cursor.u8(); c != 0; c = cursor.u8()) {
      augmentation.append((char) c);
      if (augmentation.length() > MAX_AUGMENTATION) {
        throw new MalformedCfi("a long augmentation");
      }
    }
    if (version == 4) {
      cursor.skip(2);
    }
    long codeAlignment = cursor.uleb();
    long dataAlignment = cursor.sleb();
    long returnAddress = version == 1 ? cursor.u8() : cursor.uleb();
    if (returnAddress != RETURN_ADDRESS) {
      throw new MalformedCfi("return address in register " + returnAddress);
    }
    int encoding = 0;
    boolean signal = false;
    boolean augmented = !augmentation.isEmpty();
    if (augmented) {
      if (augmentation.charAt(0) != 'z') {
        throw new MalformedCfi("an unknown augmentation");
      }
      long length = cursor.uleb();
      long data = cursor.at();
      for (int i = 1; i < augmentation.length(); i++) {
        switch (augmentation.charAt(i)) {
          case 'R' -> encoding = cursor.u8();
          case 'L' -> cursor.skip(1);
          case 'P' -> skipPersonality(cursor);
          case 'S' -> signal = true;
          default -> throw new MalformedCfi("an unknown augmentation");
        }
      }
      cursor.skip(length - (cursor.at() - data));
    }
    return new Cie(codeAlignment, dataAlignment, encoding, augmented, signal, CfiState.initial());
  }

  private static void skipPersonality(CfiCursor cursor) throws MalformedCfi {
    int encoding = cursor.u8();
    if (encoding == 0x50) {
      throw new MalformedCfi("an aligned pointer");
    }
    if (encoding != CfiCursor.PE_OMIT) {
      cursor.number(encoding);
    }
  }
}
