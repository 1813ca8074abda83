package org.memstacks.mapping;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import org.memstacks.bpf.Layouts;

/**
 * One thing that a call of the mmap family did, or is about to do; {@code struct mapping_event}.
 *
 * @param kind one of the constants of {@link Layouts.MappingEvent}
 * @param owner of what is mapped anew; of no meaning for other kinds
 * @param flags of mmap or mremap
 * @param call which call it is, by its thread and stack pointer
 * @param execs how many programs the process had been before
 * @param address where it begins; of a break the heap's new end
 * @param length in bytes as asked for; of a break the heap's old end
 */
public record MappingEvent(
    int kind, Owner owner, int flags, Call call, int execs, long address, long length) {
  /** A call in progress; no two of a process are equal. */
  public record Call(int thread, long stackPointer) {}

  /**
   * Who mapped something.
   *
   * @param stack number of the stack, {@link Layouts#STACK_ID_NONE} for none
   * @param born when, in units of {@link Layouts.LiveBlock#BORN_SHIFT}
   * @param requested bytes asked for
   * @param counted whether it is one of those asked for
   */
  public record Owner(int stack, int born, long requested, boolean counted) {}

  /** As the BPF program wrote it. */
  public static MappingEvent read(MemorySegment record) {
    long length = record.get(JAVA_LONG, Layouts.MappingEvent.LENGTH);
    return new MappingEvent(
        record.get(JAVA_INT, Layouts.MappingEvent.KIND),
        new Owner(
            record.get(JAVA_INT, Layouts.MappingEvent.STACK),
            record.get(JAVA_INT, Layouts.MappingEvent.BORN),
            length,
            record.get(JAVA_INT, Layouts.MappingEvent.COUNTED) != 0),
        record.get(JAVA_INT, Layouts.MappingEvent.FLAGS),
        new Call(
            record.get(JAVA_INT, Layouts.MappingEvent.THREAD),
            record.get(JAVA_LONG, Layouts.MappingEvent.SP)),
        record.get(JAVA_INT, Layouts.MappingEvent.EXECS),
        record.get(JAVA_LONG, Layouts.MappingEvent.ADDRESS),
        length);
  }
}
