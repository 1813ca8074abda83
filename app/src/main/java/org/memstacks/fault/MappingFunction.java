package org.memstacks.fault;

import org.memstacks.bpf.Layouts.Hook;
import org.memstacks.bpf.Layouts.MappingOp;

/**
 * The functions of libc by which pages go, move, or come without a fault. A function's ordinal is
 * its hook number in the BPF programs.
 */
enum MappingFunction {
  MMAP("mmap", MappingOp.MAP, true, 4),
  MMAP64("mmap64", MappingOp.MAP, true, 4),
  MUNMAP("munmap", MappingOp.UNMAP, false, 2),
  MREMAP("mremap", MappingOp.REMAP, true, 4),
  MADVISE("madvise", MappingOp.ADVISE, true, 3),
  BRK("brk", MappingOp.BREAK, false, 1),
  MLOCK("mlock", MappingOp.LOCK, true, 2),
  MLOCK2("mlock2", MappingOp.LOCK, true, 2),
  MLOCKALL("mlockall", MappingOp.LOCK_ALL, true, 1);

  private final String symbol;
  private final int operation;
  private final boolean atReturn;
  private final int arguments;

  MappingFunction(String symbol, int operation, boolean atReturn, int arguments) {
    this.symbol = symbol;
    this.operation = operation;
    this.atReturn = atReturn;
    this.arguments = arguments;
  }

  String symbol() {
    return symbol;
  }

  /** Whether the return is of interest, too. */
  boolean atReturn() {
    return atReturn;
  }

  /** How many of the first arguments are read. */
  int arguments() {
    return arguments;
  }

  /** What the BPF programs are told of a call there. */
  long cookie() {
    return operation | (long) ordinal() << Hook.ID_SHIFT;
  }
}
