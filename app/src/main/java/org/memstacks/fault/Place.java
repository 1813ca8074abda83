package org.memstacks.fault;

import org.memstacks.target.Mapping;

/**
 * What a mapping is, for people.
 *
 * @param name of a file, or as the process named it; may be empty
 */
public record Place(Kind kind, String name) {
  /** Kinds of mappings. */
  public enum Kind {
    /** Where brk grows: small blocks of malloc. */
    HEAP("[heap]"),
    /** The main thread's stack. */
    STACK("[stack]"),
    THREAD_STACK("[stack of thread]"),
    /** Large blocks of malloc, arenas, a JVM's heap. */
    ANONYMOUS("[anonymous]"),
    /** Private pages of files, and the page cache's. */
    FILE("[file]"),
    /** Memory shared with other processes. */
    SHARED("[shared]"),
    /** The kernel's own, such as the vdso. */
    SPECIAL("[special]"),
    /** Mapped since the last look at the process's mappings, before it ended. */
    UNKNOWN("[unknown mapping]");

    private final String label;

    Kind(String label) {
      this.label = label;
    }

    /** As a frame. */
    public String label() {
      return label;
    }
  }

  /**
   * @param threadStack whether a thread's stack lies in it
   */
  static Place of(Mapping mapping, boolean threadStack) {
    String name = mapping.name();
    if (name.equals(Kind.UNKNOWN.label())) {
      return new Place(Kind.UNKNOWN, "");
    }
    if (name.equals("[heap]")) {
      return new Place(Kind.HEAP, "");
    }
    if (name.equals("[stack]")) {
      return new Place(Kind.STACK, "");
    }
    if ((mapping.protection() & Mapping.SHARED) != 0) {
      return new Place(Kind.SHARED, mapping.moduleName());
    }
    if (mapping.inode() != 0) {
      return new Place(Kind.FILE, mapping.moduleName());
    }
    if (threadStack) {
      return new Place(Kind.THREAD_STACK, "");
    }
    if (name.isEmpty() || name.startsWith("[anon:")) {
      return new Place(Kind.ANONYMOUS, name.isEmpty() ? "" : name.substring(6, name.length() - 1));
    }
    return new Place(Kind.SPECIAL, name);
  }

  /** Whether it is the page the kernel keeps for probed instructions (kernel/events/uprobes.c). */
  boolean isProbes() {
    return name.equals("[uprobes]");
  }

  /**
   * Whether pages that were only read are the zero page here; where the mapping is not known, they
   * may be.
   */
  boolean readsAsZero() {
    return switch (kind) {
      case HEAP, STACK, THREAD_STACK, ANONYMOUS, UNKNOWN -> true;
      case FILE, SHARED, SPECIAL -> false;
    };
  }

  /** What to call it where one word has to do. */
  public String title() {
    return name.isEmpty() ? kind.label() : name;
  }
}
