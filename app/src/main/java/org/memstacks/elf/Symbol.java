package org.memstacks.elf;

/**
 * One symbol, copied out of its table.
 *
 * @param address virtual address before relocation
 * @param size in bytes, 0 when the producer did not say
 * @param type STT_FUNC, STT_OBJECT, STT_GNU_IFUNC, ...
 * @param binding STB_LOCAL, STB_GLOBAL, STB_WEAK
 */
public record Symbol(String name, long address, long size, int type, int binding) {
  /** Whether the address is that of a resolver that picks the function when the program starts. */
  public boolean isIndirect() {
    return type == SymbolTable.STT_GNU_IFUNC;
  }
}
