package org.memstacks.elf;

/**
 * One entry of the program header table (System V gABI, "Program Header").
 *
 * @param type PT_LOAD, PT_NOTE, ...
 * @param flags PF_X, PF_W, PF_R
 * @param offset of the first byte in the file
 * @param address virtual address before relocation
 * @param fileSize bytes present in the file
 * @param memorySize bytes in memory
 */
public record ProgramHeader(
    int type, int flags, long offset, long address, long fileSize, long memorySize) {
  public static final int PT_LOAD = 1;
  public static final int PT_DYNAMIC = 2;
  public static final int PT_INTERP = 3;
  public static final int PT_NOTE = 4;
  public static final int PT_GNU_EH_FRAME = 0x6474e550;
  public static final int PF_X = 1;

  public boolean isLoad() {
    return type == PT_LOAD;
  }

  public boolean isExecutable() {
    return (flags & PF_X) != 0;
  }

  /** Whether the file holds the byte at this virtual address. */
  public boolean fileCovers(long vaddr) {
    return Long.compareUnsigned(vaddr - address, fileSize) < 0;
  }

  /** Whether this segment holds the byte at this file offset. */
  boolean coversOffset(long fileOffset) {
    return Long.compareUnsigned(fileOffset - offset, fileSize) < 0;
  }
}
