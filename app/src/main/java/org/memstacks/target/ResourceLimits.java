package org.memstacks.target;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * What a process may take at most, as /proc/PID/limits says it (proc(5), getrlimit(2)).
 *
 * @param text of that file
 */
public record ResourceLimits(String text) {
  /* Its names are padded with spaces to 26 columns. */
  private static final int NAME_COLUMNS = 26;

  /** Those of this process; of none when they cannot be read. */
  public static ResourceLimits own() {
    try {
      return new ResourceLimits(Files.readString(Path.of("/proc/self/limits")));
    } catch (IOException e) {
      return new ResourceLimits("");
    }
  }

  /** Files open at once; empty when there is no limit. */
  public OptionalLong openFiles() {
    return soft("Max open files");
  }

  /** Bytes of address space; empty when there is no limit. */
  public OptionalLong addressSpace() {
    return soft("Max address space");
  }

  private OptionalLong soft(String name) {
    for (String line : text.split("\n")) {
      if (line.startsWith(name + " ") && line.length() > NAME_COLUMNS) {
        String soft = line.substring(NAME_COLUMNS).strip().split(" +")[0];
        return soft.matches("[0-9]{1,18}")
            ? OptionalLong.of(Long.parseLong(soft))
            : OptionalLong.empty();
      }
    }
    return OptionalLong.empty();
  }
}
