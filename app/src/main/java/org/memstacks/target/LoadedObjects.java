package org.memstacks.target;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.memstacks.elf.ElfFile;

/**
 * The objects a process has mapped, each opened once and kept open: what is needed of them is then
 * still there when the process has ended. Not safe for use by several threads.
 */
public final class LoadedObjects implements AutoCloseable {
  private record Opened(ElfFile elf, IOException failure) {}

  private final TargetFiles files;
  private final Map<String, Opened> objects = new HashMap<>();

  /** How often files were overwritten, by their mappings' first {@link Mapping#objectKey}. */
  private final Map<String, Integer> versions = new HashMap<>();

  /**
   * @param files closed with this
   */
  public LoadedObjects(TargetFiles files) {
    this.files = files;
  }

  /**
   * The object behind a mapping; it stays open until this is closed.
   *
   * @throws IOException when it cannot be opened or read, the same each time
   */
  public ElfFile get(Mapping mapping) throws IOException {
    Opened opened = objects.computeIfAbsent(mapping.objectKey(), key -> open(mapping));
    if (opened.failure != null) {
      throw opened.failure;
    }
    return opened.elf;
  }

  /**
   * Reads what the process has mapped. A file that was overwritten since it was opened here is
   * another object from then on: of the old one no more can be read.
   */
  public MemoryMap look(long pid) throws IOException {
    return new MemoryMap(MemoryMap.of(pid).mappings().stream().map(this::current).toList());
  }

  private Mapping current(Mapping mapping) {
    if (!mapping.isExecutable() || !mapping.isFile()) {
      return mapping;
    }
    int version = versions.getOrDefault(mapping.objectKey(), 0);
    Mapping known = mapping.withVersion(version);
    Opened opened = objects.get(known.objectKey());
    if (opened == null || opened.elf == null || !opened.elf.hasChanged()) {
      return known;
    }
    versions.put(mapping.objectKey(), version + 1);
    return mapping.withVersion(version + 1);
  }

  /** The process's files. */
  public TargetFiles files() {
    return files;
  }

  @Override
  public void close() throws IOException {
    for (Opened opened : objects.values()) {
      if (opened.elf != null) {
        opened.elf.close();
      }
    }
    files.close();
  }

  private Opened open(Mapping mapping) {
    try {
      return new Opened(files.openObject(mapping), null);
    } catch (IOException e) {
      return new Opened(null, e);
    }
  }
}
