package org.memstacks.collect;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;
import org.memstacks.bpf.Layouts.Stat;

/** The kernel programs' counters, summed over the CPUs, as they stood at the window's end. */
public final class Counters {
  private final Map<Stat, Long> values = new EnumMap<>(Stat.class);

  private Counters(Map<Stat, Long> values) {
    this.values.putAll(values);
  }

  /** Sums the rows of the stats map. */
  static Counters read(MemorySegment rows, int cpus) {
    Map<Stat, Long> sums = new EnumMap<>(Stat.class);
    for (Stat stat : Stat.values()) {
      long sum = 0;
      for (int cpu = 0; cpu < cpus; cpu++) {
        sum += rows.get(JAVA_LONG, cpu * Stat.ROW + stat.offset());
      }
      sums.put(stat, sum);
    }
    return new Counters(sums);
  }

  /** Counts events that turned out to be others than the kernel programs took them for. */
  void add(Stat stat, long events) {
    values.merge(stat, events, Long::sum);
  }

  public long get(Stat stat) {
    return values.get(stat);
  }

  @Override
  public String toString() {
    return values.toString();
  }
}
