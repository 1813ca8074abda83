package org.memstacks.target;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The mappings of a process at one moment, by ascending address.
 *
 * @param mappings sorted, not overlapping
 */
public record MemoryMap(List<Mapping> mappings) {
  public MemoryMap {
    mappings = List.copyOf(mappings);
  }

  /**
   * Reads /proc/PID/maps.
   *
   * @throws IOException when the process is gone, may not be looked at, or has a map beyond the
   *     bounds of {@link MapsParser}
   */
  public static MemoryMap of(long pid) throws IOException {
    try (InputStream in = Files.newInputStream(Path.of("/proc", Long.toString(pid), "maps"))) {
      return parse(in);
    }
  }

  /**
   * Parses text in the format of /proc/PID/maps; lines that are not in it, or that do not ascend,
   * are left out.
   */
  public static MemoryMap parse(InputStream in) throws IOException {
    List<Mapping> result = new ArrayList<>();
    new MapsParser(in)
        .forEach(mapping -> {
          if (result.isEmpty()
              || Long.compareUnsigned(result.getLast().end(), mapping.start()) <= 0) {
            result.add(mapping);
          }
        });
    return new MemoryMap(result);
  }

  /** The mapping that holds this address. */
  public Optional<Mapping> find(long address) {
    int low = 0;
    int high = mappings.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      Mapping mapping = mappings.get(middle);
      if (mapping.contains(address)) {
        return Optional.of(mapping);
      }
      if (Long.compareUnsigned(address, mapping.start()) < 0) {
        high = middle - 1;
      } else {
        low = middle + 1;
      }
    }
    return Optional.empty();
  }

  /** Whether each of these pages lies in a mapping. */
  public boolean holds(ResidentPages pages) {
    List<Span> spans = spans();
    int at = 0;
    for (int i = 0; i < pages.ranges(); i++) {
      long start = pages.first(i) << Pagemap.PAGE_SHIFT;
      while (at < spans.size() && spans.get(at).end() <= start) {
        at++;
      }
      if (at == spans.size()
          || spans.get(at).start() > start
          || spans.get(at).end() < pages.end(i) << Pagemap.PAGE_SHIFT) {
        return false;
      }
    }
    return true;
  }

  /** This map, and where it has nothing what another one has there. */
  public MemoryMap with(MemoryMap other) {
    List<Mapping> all = new ArrayList<>(mappings);
    int at = 0;
    for (Mapping mapping : other.mappings) {
      long from = mapping.start();
      while (at < mappings.size()
          && Long.compareUnsigned(mappings.get(at).end(), mapping.start()) <= 0) {
        at++;
      }
      for (int i = at;
          i < mappings.size() && Long.compareUnsigned(mappings.get(i).start(), mapping.end()) < 0;
          i++) {
        if (Long.compareUnsigned(from, mappings.get(i).start()) < 0) {
          all.add(mapping.part(from, mappings.get(i).start()));
        }
        from = mappings.get(i).end();
      }
      if (Long.compareUnsigned(from, mapping.end()) < 0) {
        all.add(mapping.part(from, mapping.end()));
      }
    }
    all.sort((a, b) -> Long.compareUnsigned(a.start(), b.start()));
    return new MemoryMap(all);
  }

  /** Addresses from start up to end, exclusive. */
  public record Span(long start, long end) {}

  /** What is mapped in user space, mappings that touch as one; ascending. */
  public List<Span> spans() {
    List<Span> spans = new ArrayList<>();
    for (Mapping mapping : mappings) {
      if (mapping.start() < 0) {
        continue;
      }
      if (!spans.isEmpty() && spans.getLast().end() == mapping.start()) {
        spans.set(spans.size() - 1, new Span(spans.getLast().start(), mapping.end()));
      } else {
        spans.add(new Span(mapping.start(), mapping.end()));
      }
    }
    return spans;
  }

  public List<Mapping> executable() {
    return mappings.stream().filter(Mapping::isExecutable).toList();
  }
}
