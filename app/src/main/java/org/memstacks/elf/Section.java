package org.memstacks.elf;

/**
 * One entry of the section header table (System V gABI, "Sections").
 *
 * @param name one character per byte; at most 255 characters of it
 */
public record Section(
    int index,
    String name,
    int type,
    long flags,
    long address,
    long offset,
    long size,
    int link,
    long entrySize) {
  public static final int SHT_SYMTAB = 2;
  public static final int SHT_STRTAB = 3;
  public static final int SHT_RELA = 4;
  public static final int SHT_NOTE = 7;
  public static final int SHT_NOBITS = 8;
  public static final int SHT_DYNSYM = 11;
  public static final int SHT_GNU_VERDEF = 0x6ffffffd;
  public static final int SHT_GNU_VERSYM = 0x6fffffff;
  public static final long SHF_EXECINSTR = 4;
  public static final long SHF_COMPRESSED = 1 << 11;

  /** Whether the file holds its bytes as they are: neither absent (.bss) nor compressed. */
  public boolean hasPlainContents() {
    return type != SHT_NOBITS && (flags & SHF_COMPRESSED) == 0;
  }

  public boolean isExecutable() {
    return (flags & SHF_EXECINSTR) != 0;
  }
}
