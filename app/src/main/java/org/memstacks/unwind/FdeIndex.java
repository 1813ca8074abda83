package org.memstacks.unwind;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.memstacks.elf.ElfException;
import org.memstacks.elf.ProgramHeader;

/**
 * Where every function's frame description lies in .eh_frame, by ascending address of the function.
 * One long for each: address in the upper half, offset of the record's length field in the lower.
 */
final class FdeIndex {
  private static final int MAX_CIES = 1 << 16;
  private static final int MAX_MALFORMED = 10_000;
  private static final long LONG_FORM = 0xffffffffL;

  /** Rows hold a pc in 32 bits. */
  private static final long MAX_PC = 0xffffffffL;

  private final EhFrame frames;
  private final List<ProgramHeader> code;
  private final CfiCursor cursor;
  private final CfiInterpreter interpreter;
  private final Map<Integer, Cie> cies = new HashMap<>();
  private long[] entries = new long[1024];
  private int count;
  private int malformed;

  private FdeIndex(EhFrame frames, List<ProgramHeader> segments) {
    this.frames = frames;
    this.code = segments.stream().filter(s -> s.isLoad() && s.isExecutable()).toList();
    this.cursor = new CfiCursor(frames.bytes(), frames.address());
    this.interpreter = new CfiInterpreter(frames.bytes());
  }

  static FdeIndex of(EhFrame frames, List<ProgramHeader> segments) throws ElfException {
    FdeIndex index = new FdeIndex(frames, segments);
    index.readAll();
    Arrays.sort(index.entries, 0, index.count);
    return index;
  }

  int count() {
    return count;
  }

  /** Records that contradict themselves and were left out. */
  int malformed() {
    return malformed;
  }

  long start(int index) {
    return entries[index] >>> 32;
  }

  /** As far as this function can reach: to the next one, or to where the code ends. */
  long limit(int index) {
    long end = codeEnd(start(index));
    return index + 1 < count ? Math.min(end, start(index + 1)) : end;
  }

  /**
   * Places the cursor on the function's start, inside the bounds of its record.
   *
   * @return the CIE it refers to
   */
  Cie open(int index, CfiCursor at) throws MalformedCfi {
    at.range(entries[index] & 0xffffffffL, frames.bytes().byteSize());
    long record = enter(at);
    return cies.get((int) (record - at.u32()));
  }

  /** Reads a record's length and confines the cursor to what it counts; returns where that is. */
  private static long enter(CfiCursor at) throws MalformedCfi {
    long length = at.u32();
    length = length == LONG_FORM ? at.u64() : length;
    if (length < 4 || length > at.end() - at.at()) {
      throw new MalformedCfi("a record leaves the section");
    }
    at.range(at.at(), at.at() + length);
    return at.at();
  }

  private void readAll() throws ElfException {
    long size = frames.bytes().byteSize();
    long at = 0;
    while (size - at >= 4) {
      long record;
      long end;
      try {
        cursor.range(at, size);
        if (cursor.u32() == 0) {
          return;
        }
        cursor.range(at, size);
        record = enter(cursor);
        end = cursor.end();
      } catch (MalformedCfi e) {
        malformed++;
        return;
      }
      try {
        long cieDistance = cursor.u32();
        if (cieDistance != 0) {
          addFde(at, record - cieDistance);
        }
      } catch (MalformedCfi e) {
        if (++malformed > MAX_MALFORMED) {
          throw new ElfException("more than " + MAX_MALFORMED + " malformed frame descriptions");
        }
      }
      at = end;
    }
  }

  private void addFde(long at, long cieAt) throws MalformedCfi, ElfException {
    Cie cie = cies.get((int) cieAt);
    if (cie == null) {
      long resume = cursor.at();
      long end = cursor.end();
      cie = readCie(cieAt);
      cursor.range(resume, end);
    }
    long start = cursor.pointer(cie.pointerEncoding());
    long length = cursor.number(cie.pointerEncoding());
    if (length <= 0 || start < 0 || start >= codeEnd(start)) {
      // A function the linker discarded keeps a description at address 0 or outside the code.
      return;
    }
    if (count == entries.length) {
      entries = Arrays.copyOf(entries, 2 * count);
    }
    entries[count++] = start << 32 | at;
  }

  /** Reads the CIE whose length field is at this offset, which is what FDEs point at. */
  private Cie readCie(long at) throws MalformedCfi, ElfException {
    cursor.range(at, frames.bytes().byteSize());
    enter(cursor);
    if (cursor.u32() != 0) {
      throw new MalformedCfi("no CIE where one should be");
    }
    Cie cie = Cie.read(cursor);
    interpreter.runInitial(cie, cursor);
    if (cies.size() == MAX_CIES) {
      throw new ElfException("more than " + MAX_CIES + " CIEs");
    }
    cies.put((int) at, cie);
    return cie;
  }

  /** Where the executable segment with this address ends; the address itself when in none. */
  private long codeEnd(long address) {
    for (ProgramHeader s : code) {
      long offset = address - s.address();
      if (offset >= 0 && offset < s.memorySize() && address < MAX_PC) {
        return Math.clamp(s.address() + s.memorySize(), address, MAX_PC);
      }
    }
    return address;
  }
}
