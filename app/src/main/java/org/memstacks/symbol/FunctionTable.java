package org.memstacks.symbol;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.memstacks.elf.ProgramHeader;
import org.memstacks.elf.Section;
import org.memstacks.elf.SymbolTable;

/**
 * The functions of one object by address. Addresses are the object's own (before its load bias).
 *
 * <p>A function covers the bytes its symbol's size states, within its section and the object's
 * executable segments; where two overlap, the one that begins later counts. A symbol without a size
 * covers what lies before the next symbol or its section's end if its table lists every function,
 * otherwise its first byte only, and never a byte of one with a size.
 *
 * <p>Of several symbols at one address the name is chosen by: larger size, then global before weak
 * before local, fewer leading underscores, bytewise order.
 */
final class FunctionTable {
  private static final int TABLE_SHIFT = 28;
  private static final int MAX_SYMBOLS = 1 << TABLE_SHIFT;
  private static final int MAX_TABLES = 8;

  /** Of one object; those of browsers have a million. */
  private static final int MAX_FUNCTIONS = 1 << 23;

  private static final int SHN_LORESERVE = 0xff00;

  /** Names are compared up to here; hostile tables must not make that quadratic. */
  private static final int COMPARED = 512;

  private final List<SymbolSource> sources;
  private final long[] starts;
  private final int[] references;
  private final RangeIndex index;

  private FunctionTable(
      List<SymbolSource> sources, long[] starts, int[] references, RangeIndex index) {
    this.sources = sources;
    this.starts = starts;
    this.references = references;
    this.index = index;
  }

  static FunctionTable of(List<ProgramHeader> segments, List<SymbolSource> sources) {
    Builder builder = new Builder(segments, sources);
    for (int i = 0; i < Math.min(sources.size(), MAX_TABLES); i++) {
      builder.add(i);
    }
    return builder.build();
  }

  /** Which function covers the address; -1 when none does. */
  int find(long address) {
    return index.find(address);
  }

  /** The address the function begins at. */
  long start(int function) {
    return starts[function];
  }

  /** The name as it stands in the table, without a symbol version. */
  byte[] name(int function) {
    int reference = references[function];
    byte[] name = table(sources, reference).nameBytes(reference & (MAX_SYMBOLS - 1));
    int length = name.length;
    for (int i = 1; i < name.length; i++) {
      if (name[i] == '@') {
        // .symtab spells name@VERSION and name@@VERSION.
        length = i;
        break;
      }
    }
    return length == name.length ? name : Arrays.copyOf(name, length);
  }

  int size() {
    return starts.length;
  }

  private static SymbolTable table(List<SymbolSource> sources, int reference) {
    return sources.get(reference >>> TABLE_SHIFT).table();
  }

  private static final class Builder {
    private final List<ProgramHeader> code;
    private final List<SymbolSource> sources;
    private long[] start = new long[1024];
    private long[] end = new long[1024];
    private int[] reference = new int[1024];
    private int count;

    Builder(List<ProgramHeader> segments, List<SymbolSource> sources) {
      this.code = segments.stream().filter(s -> s.isLoad() && s.isExecutable()).toList();
      this.sources = sources;
    }

    void add(int sourceIndex) {
      SymbolSource source = sources.get(sourceIndex);
      SymbolTable table = source.table();
      long[] borders = null;
      for (int i = 1; i < Math.min(table.count(), MAX_SYMBOLS); i++) {
        if (!table.isFunction(i) || table.nameOffset(i) == 0) {
          continue;
        }
        long address = table.address(i);
        long limit = limit(address, source, i);
        if (limit <= address) {
          continue;
        }
        long size = table.size(i);
        if (size == 0 && source.full()) {
          borders = borders == null ? borders(table) : borders;
          add(address, Math.min(limit, next(borders, address)), sourceIndex, i);
        } else if (size == 0) {
          add(address, address + 1, sourceIndex, i);
        } else {
          add(address, size > 0 && size < limit - address ? address + size : limit, sourceIndex, i);
        }
      }
    }

    private void add(long from, long to, int source, int symbol) {
      if (count == MAX_FUNCTIONS) {
        return;
      }
      if (count == start.length) {
        start = Arrays.copyOf(start, 2 * count);
        end = Arrays.copyOf(end, 2 * count);
        reference = Arrays.copyOf(reference, 2 * count);
      }
      start[count] = from;
      end[count] = to;
      reference[count++] = source << TABLE_SHIFT | symbol;
    }

    FunctionTable build() {
      int[] order = RangeIndex.order(count, start);
      // Those without a size come first: in a RangeIndex the higher index wins.
      int[] chosen = new int[count];
      int size = 0;
      for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < count; ) {
          int best = order[i];
          int following = i + 1;
          for (; following < count && start[order[following]] == start[best]; following++) {
            best = better(order[following], best) ? order[following] : best;
          }
          if (symbolSize(best) == 0 ^ pass == 1) {
            chosen[size++] = best;
          }
          i = following;
        }
      }
      long[] starts = new long[size];
      long[] ends = new long[size];
      int[] references = new int[size];
      for (int i = 0; i < size; i++) {
        starts[i] = start[chosen[i]];
        ends[i] = end[chosen[i]];
        references[i] = reference[chosen[i]];
      }
      return new FunctionTable(sources, starts, references, RangeIndex.of(size, starts, ends));
    }

    /** Where a function that begins there must have ended; 0 when none can begin there. */
    private long limit(long address, SymbolSource source, int symbol) {
      int section = source.table().section(symbol);
      for (ProgramHeader segment : code) {
        long inSegment = address - segment.address();
        if (address >= 0 && inSegment >= 0 && inSegment < segment.memorySize()) {
          long limit = segment.address() + segment.memorySize();
          if (section < SHN_LORESERVE && section < source.sections().size()) {
            Section in = source.sections().get(section);
            long sectionEnd = in.address() + in.size();
            limit = in.address() <= address ? Math.min(limit, sectionEnd) : 0;
          }
          return limit;
        }
      }
      return 0;
    }

    private boolean better(int candidate, int known) {
      long sizes = Long.compare(end[candidate], end[known]);
      boolean sized = symbolSize(candidate) != 0;
      if (sized != (symbolSize(known) != 0)) {
        return sized;
      }
      if (sizes != 0) {
        return sizes > 0;
      }
      int bindings = Integer.compare(bindingRank(candidate), bindingRank(known));
      if (bindings != 0) {
        return bindings < 0;
      }
      int underscores = Integer.compare(underscores(candidate), underscores(known));
      return underscores != 0 ? underscores < 0 : compareNames(candidate, known) < 0;
    }

    private long symbolSize(int candidate) {
      return tableOf(candidate).size(symbolOf(candidate));
    }

    private int bindingRank(int candidate) {
      return switch (tableOf(candidate).binding(symbolOf(candidate))) {
        case SymbolTable.STB_LOCAL -> 2;
        case SymbolTable.STB_WEAK -> 1;
        default -> 0;
      };
    }

    private int underscores(int candidate) {
      MemorySegment strings = tableOf(candidate).strings();
      long at = tableOf(candidate).nameOffset(symbolOf(candidate));
      int n = 0;
      while (n < COMPARED && at + n < strings.byteSize() && strings.get(JAVA_BYTE, at + n) == '_') {
        n++;
      }
      return n;
    }

    private int compareNames(int a, int b) {
      MemorySegment stringsA = tableOf(a).strings();
      MemorySegment stringsB = tableOf(b).strings();
      long atA = tableOf(a).nameOffset(symbolOf(a));
      long atB = tableOf(b).nameOffset(symbolOf(b));
      for (int i = 0; i < COMPARED; i++) {
        int byteA = atA + i < stringsA.byteSize() ? stringsA.get(JAVA_BYTE, atA + i) & 0xff : 0;
        int byteB = atB + i < stringsB.byteSize() ? stringsB.get(JAVA_BYTE, atB + i) & 0xff : 0;
        if (byteA != byteB) {
          return byteA - byteB;
        }
        if (byteA == 0) {
          break;
        }
      }
      return 0;
    }

    private SymbolTable tableOf(int candidate) {
      return table(sources, reference[candidate]);
    }

    private int symbolOf(int candidate) {
      return reference[candidate] & (MAX_SYMBOLS - 1);
    }

    /** Addresses at which anything that can be code begins or ends, ascending. */
    private static long[] borders(SymbolTable table) {
      long[] result = new long[2 * table.count()];
      int size = 0;
      for (int i = 1; i < table.count(); i++) {
        boolean untyped = table.type(i) == SymbolTable.STT_NOTYPE;
        if (table.isFunction(i) || untyped && table.section(i) != SymbolTable.SHN_UNDEF) {
          result[size++] = table.address(i);
          result[size++] = table.address(i) + table.size(i);
        }
      }
      result = Arrays.copyOf(result, size);
      Arrays.sort(result);
      return result;
    }

    private static long next(long[] borders, long address) {
      int low = 0;
      int high = borders.length;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (borders[middle] <= address) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low == borders.length ? Long.MAX_VALUE : borders[low];
    }
  }
}
