package org.memstacks.target;

/** A program of 32 bits, told by its address space: of a 64-bit one the stack alone lies higher. */
public final class NarrowProgram {
  private static final long END = 1L << 32;

  private NarrowProgram() {}

  /**
   * @param map what the process has mapped
   * @throws TargetException when it runs such a program
   */
  public static void refuse(TargetProcess target, MemoryMap map) throws TargetException {
    boolean narrow =
        !map.mappings().isEmpty()
            && map.mappings().stream()
                .allMatch(mapping -> Long.compareUnsigned(mapping.end(), END) <= 0);
    if (narrow) {
      throw new TargetException(
          "process %d runs a 32-bit program: only 64-bit ones (x86-64) are traced"
              .formatted(target.pid()));
    }
  }
}
