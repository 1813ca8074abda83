package org.memstacks.target;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;

/**
 * The objects loaded in a process, in the order in which the dynamic linker looks symbols up: the
 * executable, LD_PRELOAD, then its libraries. Taken from the linker's own list (struct link_map
 * behind DT_DEBUG, elf/link.h of glibc, the same in musl); objects that are mapped but not in the
 * list come last, by address.
 */
public final class LinkMap {
  private static final int AT_PHDR = 3;
  private static final int AT_PHNUM = 5;
  private static final int AT_BASE = 7;
  private static final int AT_ENTRY = 9;
  private static final int PT_DYNAMIC = 2;
  private static final int PT_PHDR = 6;
  private static final int DT_DEBUG = 21;
  private static final int PROGRAM_HEADER = 56;
  private static final int MAX_PROGRAM_HEADERS = 256;
  private static final int MAX_DYNAMIC_ENTRIES = 4096;
  private static final int MAX_OBJECTS = 65536;

  private LinkMap() {}

  /**
   * The first executable mapping of each object, in look-up order.
   *
   * @throws IOException when /proc cannot be read; a list that makes no sense only costs the order
   */
  public static List<Mapping> executableMappings(int pid, MemoryMap map) throws IOException {
    SequencedSet<FileId> order = new LinkedHashSet<>();
    try (ProcessMemory memory = new ProcessMemory(pid)) {
      for (long dynamic : dynamicSections(pid, memory)) {
        map.find(dynamic).flatMap(FileId::of).ifPresent(order::add);
      }
    } catch (IOException e) {
      // Not readable, or changed while it was read: the order by address remains.
    }
    executable(pid, map).ifPresent(order::addFirst);
    map.executable().stream().map(FileId::of).flatMap(Optional::stream).forEach(order::add);
    List<Mapping> result = new ArrayList<>();
    for (FileId file : order) {
      map.executable().stream()
          .filter(m -> FileId.of(m).equals(Optional.of(file)))
          .findFirst()
          .ifPresent(result::add);
    }
    return result;
  }

  private record FileId(long device, long inode) {
    /* Written out: what the JVM makes for records takes 50 ms at start-up. */
    @Override
    public boolean equals(Object other) {
      return other instanceof FileId file && device == file.device && inode == file.inode;
    }

    @Override
    public int hashCode() {
      return Long.hashCode(device * 31 + inode);
    }

    static Optional<FileId> of(Mapping mapping) {
      return mapping.isFile()
          ? Optional.of(new FileId(mapping.device(), mapping.inode()))
          : Optional.empty();
    }
  }

  /**
   * The executable's own mapping: the program headers the kernel told the linker about lie in it.
   */
  private static Optional<FileId> executable(int pid, MemoryMap map) throws IOException {
    return map.find(auxiliary(pid, AT_PHDR)).flatMap(FileId::of);
  }

  /**
   * Some mapping of the executable's file, where the process has moved its code away from it (as to
   * huge pages).
   *
   * @throws IOException when /proc cannot be read
   */
  public static Optional<Mapping> movedExecutable(int pid, MemoryMap map) throws IOException {
    Optional<Mapping> headers = map.find(auxiliary(pid, AT_PHDR)).filter(Mapping::isFile);
    boolean runs = map.find(auxiliary(pid, AT_ENTRY)).filter(Mapping::isExecutable).isPresent();
    return headers.filter(file -> runs && map.executable().stream().noneMatch(file::isOfSameFile));
  }

  /**
   * Whether the dynamic linker says that its list is consistent: the program's libraries are
   * mapped.
   *
   * @throws IOException when the process's memory cannot be read
   */
  public static boolean isConsistent(int pid) throws IOException {
    try (ProcessMemory memory = new ProcessMemory(pid)) {
      long debug = debugAddress(pid, memory);
      /* struct r_debug: r_version, r_map, r_brk, r_state; RT_CONSISTENT is 0. */
      return debug != 0 && memory.word(debug + 8) != 0 && memory.read(debug + 24, 4).getInt(0) == 0;
    }
  }

  /**
   * Where the kernel mapped the dynamic linker; 0 for a program that needs none (AT_BASE).
   *
   * @throws IOException when /proc cannot be read
   */
  public static long linkerBase(int pid) throws IOException {
    return auxiliary(pid, AT_BASE);
  }

  /**
   * The address at which the program begins when its libraries are initialized (AT_ENTRY).
   *
   * @throws IOException when /proc cannot be read
   */
  public static long entry(int pid) throws IOException {
    return auxiliary(pid, AT_ENTRY);
  }

  private static long auxiliary(int pid, int type) throws IOException {
    byte[] vector = Files.readAllBytes(Path.of("/proc", Integer.toString(pid), "auxv"));
    ByteBuffer words = ByteBuffer.wrap(vector).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at + 16 <= vector.length; at += 16) {
      if (words.getLong(at) == type) {
        return words.getLong(at + 8);
      }
    }
    return 0;
  }

  /** Address of each object's dynamic section, in list order. */
  private static List<Long> dynamicSections(int pid, ProcessMemory memory) throws IOException {
    long debug = debugAddress(pid, memory);
    List<Long> result = new ArrayList<>();
    if (debug == 0) {
      return result;
    }
    /* struct r_debug: version, r_map. struct link_map: l_addr, l_name, l_ld, l_next. */
    long entry = memory.word(debug + 8);
    while (entry != 0 && result.size() < MAX_OBJECTS) {
      ByteBuffer object = memory.read(entry, 32);
      result.add(object.getLong(16));
      entry = object.getLong(24);
    }
    return result;
  }

  private static long debugAddress(int pid, ProcessMemory memory) throws IOException {
    long headers = auxiliary(pid, AT_PHDR);
    int count = Math.clamp(auxiliary(pid, AT_PHNUM), 0, MAX_PROGRAM_HEADERS);
    if (headers == 0 || count == 0) {
      return 0;
    }
    ByteBuffer table = memory.read(headers, count * PROGRAM_HEADER);
    long bias = 0;
    long dynamic = 0;
    for (int at = 0; at < table.limit(); at += PROGRAM_HEADER) {
      int type = table.getInt(at);
      if (type == PT_PHDR) {
        bias = headers - table.getLong(at + 16);
      } else if (type == PT_DYNAMIC) {
        dynamic = table.getLong(at + 16);
      }
    }
    if (dynamic == 0) {
      return 0;
    }
    for (int i = 0; i < MAX_DYNAMIC_ENTRIES; i++) {
      ByteBuffer entry = memory.read(bias + dynamic + 16L * i, 16);
      if (entry.getLong(0) == 0) {
        return 0;
      }
      if (entry.getLong(0) == DT_DEBUG) {
        return entry.getLong(8);
      }
    }
    return 0;
  }
}
