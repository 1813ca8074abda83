package org.memstacks.target;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * Which mapped files are memory and nothing else, so that their pages are no page cache that the
 * kernel could drop: those of file systems that keep them there, and those that have no name in any
 * (memfd_create, shmget, MAP_SHARED without a file, huge pages).
 *
 * @param devices of such file systems, as {@link Mapping#device}
 * @param others devices of all other file systems that the process sees
 */
public record MemoryFiles(Set<Long> devices, Set<Long> others) {
  /** No file system is known. */
  public static final MemoryFiles NONE = new MemoryFiles(Set.of(), Set.of());

  private static final int MAX_BYTES = 16 << 20;
  private static final Set<String> TYPES = Set.of("tmpfs", "ramfs", "devtmpfs", "hugetlbfs");

  public MemoryFiles {
    devices = Set.copyOf(devices);
    others = Set.copyOf(others);
  }

  /** By /proc/PID/mountinfo; where that cannot be read, only files without a name are known. */
  public static MemoryFiles of(int pid) {
    Path mounts = Path.of("/proc", Integer.toString(pid), "mountinfo");
    try (InputStream in = Files.newInputStream(mounts)) {
      return parse(new String(in.readNBytes(MAX_BYTES), StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      return NONE;
    }
  }

  /**
   * Lines in the format of proc_pid_mountinfo(5): ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS
   * TAGS... - TYPE SOURCE OPTIONS; others are left out.
   */
  static MemoryFiles parse(String text) {
    Set<Long> memory = new HashSet<>();
    Set<Long> others = new HashSet<>();
    for (String line : text.split("\n")) {
      String[] fields = line.split(" ");
      int type = line.indexOf(" - ");
      String[] behind = type < 0 ? new String[0] : line.substring(type + 3).split(" ");
      if (fields.length < 3 || behind.length == 0) {
        continue;
      }
      String[] device = fields[2].split(":");
      try {
        (TYPES.contains(behind[0]) ? memory : others)
            .add((Long.parseLong(device[0]) << 20) + Long.parseLong(device[1]));
      } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
        // Not a line of the kernel's.
      }
    }
    return new MemoryFiles(memory, others);
  }

  /** Whether it maps such a file. */
  public boolean holds(Mapping mapping) {
    return devices.contains(mapping.device()) || isNameless(mapping);
  }

  /** By the name that the kernel gives it, unless a file system has a file of that name. */
  private boolean isNameless(Mapping mapping) {
    String name = mapping.rawName();
    return !name.startsWith("/")
        || mapping.deleted()
            && !others.contains(mapping.device())
            && (name.startsWith("/memfd:")
                || name.startsWith("/SYSV")
                || name.equals("/dev/zero")
                || name.equals("/anon_hugepage"));
  }
}
