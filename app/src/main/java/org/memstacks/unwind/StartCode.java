package org.memstacks.unwind;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.ProgramHeader;
import org.memstacks.elf.SymbolTable;

/**
 * Finds the code that begins programs and threads where no unwind information describes it (musl's,
 * as distributions build it), so that the outermost frame of a stack is known for it. All of musl
 * is one gap, and a frame of another of its functions is not the outermost one, wherever it lies.
 *
 * <p>By name where there are names: {@code __libc_start_main} and what it goes on in. Else by what
 * it does with the result of the program's function, called by a pointer: it is the argument of
 * exit (musl's src/env/__libc_start_main.c), of pthread_exit (src/thread/pthread_create.c), or of
 * the system call exit (src/thread/x86_64/clone.s).
 */
final class StartCode {
  /** Run once, by the program's first instructions; constructors are called from the last two. */
  private static final Set<String> PROGRAM_START =
      Set.of("__libc_start_main", "libc_start_main_stage2", "libc_start_init", "__libc_start_init");

  private static final Set<String> THREAD_START = Set.of("start", "start_c11");
  private static final Set<String> EXITS = Set.of("exit", "pthread_exit", "__pthread_exit");

  private static final int LONGEST_NAME = 24;

  /** There are less than ten; a traced process may map an object made of nothing else. */
  private static final int MOST_MARKS = 64;

  /**
   * How far into a program its first call is, and a dynamic linker's jump to the program's entry.
   */
  private static final int ENTRY_BYTES = 64;

  private static final int RETURN = 0xc3;

  private static final int CALL = 0xe8;
  private static final int CALL_BYTES = 5;

  /** The result, 32 or 64 bits of it, is the next call's first argument. */
  private static final int[][] RESULT_TO_ARGUMENT = {
    {0x89, 0xc7}, // mov %eax,%edi
    {0x97}, // xchg %eax,%edi
    {0x48, 0x89, 0xc7}, // mov %rax,%rdi
    {0x48, 0x97}, // xchg %rax,%rdi
    {0x48, 0x63, 0xf8}, // movslq %eax,%rdi
    {0x48, 0x98, 0x48, 0x89, 0xc7}, // cltq; mov %rax,%rdi
  };

  /** mov %eax,%edi; xor %eax,%eax; mov $60 (exit),%al; syscall. */
  private static final int[] EXIT_THREAD = {0x89, 0xc7, 0x31, 0xc0, 0xb0, 60, 0x0f, 0x05};

  /** Where a function is returned to that was called by a pointer, and what is called then. */
  private record Site(long returned, long then) {}

  private final ElfFile elf;
  private final List<Gap> gaps;
  private long[] rows;
  private int marks;

  private StartCode(ElfFile elf, long[] rows, List<Gap> gaps) {
    this.elf = elf;
    this.rows = rows;
    this.gaps = gaps;
  }

  /**
   * Adds the rules where the code lies in gaps.
   *
   * @param rows sorted, the last one a gap
   * @throws IOException when the object's code or its symbols cannot be read
   */
  static long[] mark(long[] rows, ElfFile elf) throws IOException {
    // Libraries begin nothing, but for musl's, which is the dynamic linker, too.
    if (elf.entry() == 0) {
      return rows;
    }
    List<Gap> gaps = Gap.searchable(rows, elf.segments());
    if (gaps.isEmpty()) {
      return rows;
    }
    StartCode code = new StartCode(elf, rows, gaps);
    code.markEntry();
    // Where another object is the dynamic linker, the C library is another object, too.
    if (elf.segments().stream().noneMatch(s -> s.type() == ProgramHeader.PT_INTERP)) {
      code.markStarts();
    }
    return code.rows;
  }

  /**
   * The program's first instructions, up to its first call; of glibc's dynamic linker (RTLD_START
   * in its sysdeps/x86_64/dl-machine.h), which calls constructors then, up to the jump to the
   * program.
   */
  private void markEntry() throws IOException {
    Optional<Gap> holder = gaps.stream().filter(g -> g.holds(elf.entry())).findFirst();
    if (holder.isEmpty()) {
      return;
    }
    byte[] code = bytes(elf.entry(), Math.min(ENTRY_BYTES, holder.get().end() - elf.entry()));
    for (int at = 0; at + CALL_BYTES <= code.length; at++) {
      if (byteAt(code, at) == CALL && isCode(target(code, at, elf.entry()))) {
        fill(elf.entry(), elf.entry() + endOfEntry(code, at + CALL_BYTES), UnwindRow.END);
        return;
      }
    }
  }

  /** Behind the jump to where a register points, if one follows; else here. */
  private static int endOfEntry(byte[] code, int afterCall) {
    for (int at = afterCall; at + 1 < code.length && byteAt(code, at) != RETURN; at++) {
      if (byteAt(code, at) == 0xff && byteAt(code, at + 1) >>> 3 == 0xe0 >>> 3) {
        return at + 2;
      }
    }
    return afterCall;
  }

  private void markStarts() throws IOException {
    Optional<SymbolTable> exported = elf.dynsym();
    Optional<SymbolTable> all = elf.symtab();
    boolean library = exported.isPresent() && exported.get().find("__libc_start_main") >= 0;
    boolean nameless = isNameless(exported) && isNameless(all);
    Set<Long> exits = new HashSet<>();
    List<Gap> threadStarts = new ArrayList<>();
    exported.ifPresent(table -> readNames(table, exits, threadStarts));
    all.ifPresent(table -> readNames(table, exits, threadStarts));
    List<Site> unproven = new ArrayList<>();
    for (Gap gap : gaps) {
      byte[] code = bytes(gap.start(), gap.end() - gap.start());
      for (int at = 2; at < code.length; at++) {
        if (!isAfterCallByPointer(code, at)) {
          continue;
        }
        long returned = gap.start() + at;
        if (matches(code, at, EXIT_THREAD)) {
          fill(returned - 1, returned, UnwindRow.END);
          continue;
        }
        Optional<Site> site = passesResultOn(code, at, gap.start());
        if (site.isEmpty()) {
          continue;
        }
        boolean named = threadStarts.stream().anyMatch(f -> f.holds(returned));
        if (exits.contains(site.get().then()) && (library || named)) {
          fill(returned - 1, returned, UnwindRow.END);
        } else if (nameless) {
          unproven.add(site.get());
        }
      }
    }
    unproven.forEach(s -> fill(s.returned() - 1, s.returned(), UnwindRow.START));
  }

  /** Fills in functions that are known by name alone; keeps what tells the others. */
  private void readNames(SymbolTable table, Set<Long> exits, List<Gap> threadStarts) {
    for (int i = 1; i < table.count(); i++) {
      if (!table.isFunction(i) || !isCode(table.address(i))) {
        continue;
      }
      String name = table.nameLength(i) <= LONGEST_NAME ? table.name(i) : "";
      long end = table.address(i) + table.size(i);
      if (EXITS.contains(name)) {
        exits.add(table.address(i));
      } else if (THREAD_START.contains(name) && threadStarts.size() < MOST_MARKS) {
        threadStarts.add(new Gap(table.address(i), end));
      } else if (PROGRAM_START.contains(name)) {
        // What a function calls last is returned to behind its end, and is looked up within.
        fill(table.address(i), end, UnwindRow.END);
      }
    }
  }

  private static boolean isNameless(Optional<SymbolTable> table) {
    return table.isEmpty() || table.get().count() <= 1;
  }

  /** Whether the instruction before is a call by a register or by a word in memory. */
  private static boolean isAfterCallByPointer(byte[] code, int at) {
    return isCallByPointer(code, at, 2)
        || isCallByPointer(code, at, 3)
        || isCallByPointer(code, at, 4)
        || isCallByPointer(code, at, 6)
        || isCallByPointer(code, at, 7);
  }

  /** Whether it is one of this length, prefixes not counted (Intel's manual, volume 2, 2.1). */
  private static boolean isCallByPointer(byte[] code, int at, int length) {
    if (at < length || byteAt(code, at - length) != 0xff) {
      return false;
    }
    int operand = byteAt(code, at - length + 1);
    int mode = operand >>> 6;
    int base = operand & 7;
    if ((operand >>> 3 & 7) != 2) {
      return false;
    }
    int displacement = mode == 1 ? 1 : mode == 2 || mode == 0 && base == 5 ? 4 : 0;
    int scaled = mode != 3 && base == 4 ? 1 : 0;
    return length == 2 + scaled + displacement;
  }

  /** Whether the result goes to the function called next, at once. */
  private static Optional<Site> passesResultOn(byte[] code, int at, long address) {
    for (int[] move : RESULT_TO_ARGUMENT) {
      int call = at + move.length;
      if (matches(code, at, move)
          && call + CALL_BYTES <= code.length
          && byteAt(code, call) == CALL) {
        return Optional.of(new Site(address + at, target(code, call, address)));
      }
    }
    return Optional.empty();
  }

  private static boolean matches(byte[] code, int at, int[] wanted) {
    for (int i = 0; i < wanted.length; i++) {
      if (at + i >= code.length || byteAt(code, at + i) != wanted[i]) {
        return false;
      }
    }
    return true;
  }

  /** Where the call there leads that states its target. */
  private static long target(byte[] code, int call, long address) {
    int distance =
        byteAt(code, call + 1)
            | byteAt(code, call + 2) << 8
            | byteAt(code, call + 3) << 16
            | byteAt(code, call + 4) << 24;
    return address + call + CALL_BYTES + distance;
  }

  private static int byteAt(byte[] code, int at) {
    return code[at] & 0xff;
  }

  private boolean isCode(long address) {
    return elf.segments().stream()
        .anyMatch(s ->
            s.isLoad()
                && s.isExecutable()
                && Long.compareUnsigned(address - s.address(), s.fileSize()) < 0);
  }

  private byte[] bytes(long address, long length) throws IOException {
    return elf.bytesAt(address, length).toArray(ValueLayout.JAVA_BYTE);
  }

  private void fill(long start, long end, int rule) {
    if (marks++ < MOST_MARKS) {
      rows = Gap.fill(rows, start, end, rule);
    }
  }
}
