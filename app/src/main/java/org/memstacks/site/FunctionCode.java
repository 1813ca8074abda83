package org.memstacks.site;

/**
 * A function as its symbol gives it.
 *
 * @param name for reports
 * @param address ELF virtual address of the first byte
 * @param code its bytes, as many as the symbol's size; some of the first where that is not known
 * @param sized whether the symbol tells the size
 */
public record FunctionCode(String name, long address, byte[] code, boolean sized) {
  public FunctionCode {
    if (code.length == 0) {
      throw new IllegalArgumentException("function " + name + " has no code");
    }
  }

  public FunctionCode(String name, long address, byte[] code) {
    this(name, address, code, true);
  }

  boolean contains(long at) {
    return sized ? at - address >= 0 && at - address < code.length : at == address;
  }
}
