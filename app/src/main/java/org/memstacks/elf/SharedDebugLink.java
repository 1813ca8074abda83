package org.memstacks.elf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What .gnu_debugaltlink of a debug file says of the file that holds what it has in common with
 * others of its package (dwz(1), "-m").
 *
 * @param path absolute, or relative to the debug file; one character per byte
 * @param buildId of that file, in hexadecimal
 */
public record SharedDebugLink(String path, String buildId) {
  private static final int MAX_PATH = 4096;
  private static final int MAX_BUILD_ID = 64;

  /**
   * @param section the section's bytes
   * @return empty where they state no file
   */
  static Optional<SharedDebugLink> of(MemorySegment section) {
    String path = StringTable.latin1(section, 0, MAX_PATH);
    long idAt = path.length() + 1L;
    long idSize = section.byteSize() - idAt;
    if (path.isEmpty() || idSize <= 1 || idSize > MAX_BUILD_ID) {
      return Optional.empty();
    }
    byte[] id = section.asSlice(idAt).toArray(JAVA_BYTE);
    return Optional.of(new SharedDebugLink(path, HexFormat.of().formatHex(id)));
  }
}
