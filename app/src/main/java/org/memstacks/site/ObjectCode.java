package org.memstacks.site;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * What is known of the ELF object around a function.
 *
 * @param reader the object's executable bytes
 * @param hooked ELF virtual address to name, of the functions that are to be probed, aliases too
 * @param slots virtual address of a word of the global offset table to the name of the symbol whose
 *     address the dynamic linker puts there (R_X86_64_JUMP_SLOT, R_X86_64_GLOB_DAT)
 * @param aliases further names by which a hooked function is called, to the name in {@code hooked}
 * @param definitions where the object itself defines a symbol, by name
 */
public record ObjectCode(
    CodeReader reader,
    Map<Long, String> hooked,
    Map<Long, String> slots,
    Map<String, String> aliases,
    Function<String, OptionalLong> definitions) {

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

  /** An object of which no definitions are known. */
  public ObjectCode(
      CodeReader reader,
      Map<Long, String> hooked,
      Map<Long, String> slots,
      Map<String, String> aliases) {
    this(reader, hooked, slots, aliases, name -> OptionalLong.empty());
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

  /** The hooked function that a symbol of the object's own is one more name of. */
  Optional<String> hookedAs(String name) {
    return isHooked(name)
        ? Optional.of(name)
        : definition(name).stream().mapToObj(hooked::get).filter(Objects::nonNull).findFirst();
  }

  /** The object's own code that a call of this symbol runs, if no other object preempts it. */
  OptionalLong definition(String name) {
    return definitions.apply(name);
  }

  boolean isHooked(String name) {
    return hooked.containsValue(name);
  }
}
