package org.memstacks.site;

/**
 * A function as its symbol gives it.
 *
 * @param name for reports
 * @param address ELF virtual address of the first byte
 * @param code its bytes, as many as the symbol's size; more than one if the size is not known
 */
public record FunctionCode(String name, long address, byte[] code) {
  public FunctionCode {
    if (code.length == 0) {
      throw new IllegalArgumentException("function " + name + " has no code");
    }
  }

  boolean contains(long at) {
    return at - address >= 0 && at - address < code.length;
  }
}
