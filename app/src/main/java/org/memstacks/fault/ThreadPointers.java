package org.memstacks.fault;

import java.util.Arrays;
import java.util.List;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.BpfIterator;
import org.memstacks.bpf.BpfObject;

/** The thread pointers of a process's threads, read by a program that stops none of them. */
final class ThreadPointers implements AutoCloseable {
  static final String PROGRAM = "thread_pointers";

  /* PID_MAX_LIMIT of include/linux/threads.h. */
  private static final int MOST = 4 << 20;

  private final BpfIterator iterator;

  private ThreadPointers(BpfIterator iterator) {
    this.iterator = iterator;
  }

  /**
   * @param object loaded
   * @throws BpfException when the kernel refuses
   */
  static ThreadPointers of(BpfObject object, int pid) {
    return new ThreadPointers(object.program(PROGRAM).attachTaskIterator(pid));
  }

  /** Those of all threads there are now; none when the process has ended. */
  List<Long> now() {
    try {
      return Arrays.stream(iterator.run(MOST)).boxed().toList();
    } catch (BpfException e) {
      // As with any look that cannot be taken, what was seen before remains.
      return List.of();
    }
  }

  @Override
  public void close() {
    iterator.close();
  }
}
