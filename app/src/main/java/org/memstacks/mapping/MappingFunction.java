package org.memstacks.mapping;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.memstacks.bpf.Layouts;
import org.memstacks.bpf.Layouts.Hook;
import org.memstacks.bpf.Layouts.MappingOp;

/**
 * The functions of libc by which memory is mapped and unmapped, and pages go, move, or come without
 * a fault. A function's ordinal plus {@link Layouts#HOOK_MAPPING} is its hook number in the BPF
 * programs.
 */
public enum MappingFunction {
  MMAP("mmap", MappingOp.MAP, true, 4),
  MMAP64("mmap64", MappingOp.MAP, true, 4),
  MUNMAP("munmap", MappingOp.UNMAP, false, 2),
  MREMAP("mremap", MappingOp.REMAP, true, 4),
  MADVISE("madvise", MappingOp.ADVISE, true, 3),
  BRK("brk", MappingOp.BREAK, true, 1),
  MLOCK("mlock", MappingOp.LOCK, true, 2),
  MLOCK2("mlock2", MappingOp.LOCK_AS, true, 3),
  MLOCKALL("mlockall", MappingOp.LOCK_ALL, true, 1),
  SHMDT("shmdt", MappingOp.DETACH, false, 1),
  SHMAT("shmat", MappingOp.ATTACH, true, 3);

  private static final List<MappingFunction> OF_MAPPINGS =
      Stream.of(values())
          .filter(function -> function.operation <= MappingOp.REMAP || function == BRK)
          .toList();

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

  public String symbol() {
    return symbol;
  }

  /** Whether the return is of interest, too. */
  public boolean atReturn() {
    return atReturn;
  }

  /** How many of the first arguments are read. */
  public int arguments() {
    return arguments;
  }

  /** What the BPF programs are told of a call there. */
  public long cookie() {
    return operation | (Layouts.HOOK_MAPPING + (long) ordinal()) << Hook.ID_SHIFT;
  }

  /** Those by which mappings come, go and move, all of which return something of interest. */
  public static List<MappingFunction> ofMappings() {
    return OF_MAPPINGS;
  }

  /** Whether it takes away what was mapped, so that it must be seen before the system call. */
  public boolean takesAway() {
    return operation != MappingOp.MAP;
  }

  /**
   * Whether what it takes away, or what is missing and it will bring, is known only before the
   * system call. The same is true of {@code madvise}, which allocators call too often for the
   * dearer probe.
   */
  public boolean isKnownBefore() {
    return switch (operation) {
      case MappingOp.DETACH, MappingOp.LOCK, MappingOp.LOCK_AS -> true;
      default -> false;
    };
  }

  /** Whether a function of this name is one of {@link #ofMappings}. */
  public static boolean isOfMappings(String symbol) {
    return OF_MAPPINGS.stream().anyMatch(function -> function.symbol.equals(symbol));
  }

  /** The function that a hook number stands for, if it is one of these. */
  public static Optional<MappingFunction> ofHook(int hook) {
    int number = hook - Layouts.HOOK_MAPPING;
    return number >= 0 && number < values().length
        ? Optional.of(values()[number])
        : Optional.empty();
  }
}
