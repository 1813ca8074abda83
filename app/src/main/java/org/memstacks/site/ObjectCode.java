package org.memstacks.site;

import java.util.Map;
import java.util.Optional;

/**
 * What is known of the ELF object around a function.
 *
 * @param reader the object's executable bytes
 * @param hooked ELF virtual address to name, of the functions that are to be probed, aliases too
 * @param slots virtual address of a word of the global offset table to the name of the symbol whose
 *     address the dynamic linker puts there (R_X86_64_JUMP_SLOT, R_X86_64_GLOB_DAT)
 * @param aliases further names by which a hooked function is called, to the name in {@code hooked}
 */
public record ObjectCode(
    CodeReader reader,
    Map<Long, String> hooked,
    Map<Long, String> slots,
    Map<String, String> aliases) {

  /** Reads executable bytes by ELF virtual address. */
  @FunctionalInterface
  public interface CodeReader {
    /** At most {@code length} bytes from {@code address}; fewer, or none, where the code ends. */
    byte[] read(long address, int length);
  }

  public ObjectCode {
    hooked = Map.copyOf(hooked);
    slots = Map.copyOf(slots);
    aliases = Map.copyOf(aliases);
  }

  /** An object of which nothing is known. */
  public static ObjectCode unknown() {
    return new ObjectCode((address, length) -> new byte[0], Map.of(), Map.of(), Map.of());
  }

  /** The hooked function that begins at an address. */
  Optional<String> hookedAt(long address) {
    return Optional.ofNullable(hooked.get(address));
  }

  /** The symbol that a slot of the global offset table leads to, hooked or not. */
  Optional<String> symbolIn(long slot) {
    return Optional.ofNullable(slots.get(slot)).map(name -> aliases.getOrDefault(name, name));
  }

  boolean isHooked(String name) {
    return hooked.containsValue(name);
  }
}
