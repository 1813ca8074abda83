package org.memstacks.fault;

import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryFiles;
import org.memstacks.target.ResidentPages;

/**
 * What memory is, for people.
 *
 * @param name of a file, or as the process named it; may be empty
 */
public record Place(Kind kind, String name) {
  /* Mapped privately it is anonymous memory; shared it has another name. */
  private static final String ZERO_DEVICE = "/dev/zero";
  /* What maps calls memory of hugetlbfs without a file (mm/hugetlb.c, hugetlb_file_setup). */
  private static final String HUGE_PAGES = "/anon_hugepage";

  /** Kinds of memory. Within one mapping pages may be of several. */
  public enum Kind {
    /** Where brk grows: small blocks of malloc. */
    HEAP("[heap]"),
    /** The main thread's stack. */
    STACK("[stack]"),
    /** What the C library took for another thread's stack, thread-local variables included. */
    THREAD_STACK("[stack of thread]"),
    /** Large blocks of malloc, arenas, a JVM's heap. */
    ANONYMOUS("[anonymous]"),
    /** Page cache: pages of files as they lie on a disk, whether mapped privately or shared. */
    FILE("[file]"),
    /** Anonymous memory where a file is mapped: copies that the process wrote to. */
    FILE_COPY("[private copy of file]"),
    /** Memory that others may share: of memfd_create, shmget, tmpfs, MAP_SHARED without a file. */
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
   * What pages of a mapping are.
   *
   * @param pages what the kernel says of them, see {@link ResidentPages#kind}
   * @param threadStack whether they lie in a thread's stack
   * @param memoryFiles mapped files that are memory and nothing else
   */
  static Place of(Mapping mapping, int pages, boolean threadStack, MemoryFiles memoryFiles) {
    String name = mapping.name();
    if (name.equals(Kind.UNKNOWN.label())) {
      return new Place(Kind.UNKNOWN, "");
    }
    boolean isAnonymous = (pages & ResidentPages.FILE) == 0;
    if (threadStack && isAnonymous) {
      return new Place(Kind.THREAD_STACK, "");
    }
    if (mapping.inode() == 0) {
      return withoutFile(name);
    }
    if (isAnonymous && (mapping.protection() & Mapping.SHARED) == 0) {
      return switch (name) {
        case ZERO_DEVICE -> new Place(Kind.ANONYMOUS, "");
        case HUGE_PAGES -> new Place(Kind.ANONYMOUS, mapping.moduleName());
        default -> new Place(Kind.FILE_COPY, mapping.moduleName());
      };
    }
    return new Place(memoryFiles.holds(mapping) ? Kind.SHARED : Kind.FILE, mapping.moduleName());
  }

  /** What a mapping is most of the time, where nothing is known of its pages. */
  static Place of(Mapping mapping, boolean threadStack, MemoryFiles memoryFiles) {
    boolean isFile = mapping.inode() != 0 && !mapping.name().equals(ZERO_DEVICE);
    return of(mapping, isFile ? ResidentPages.FILE : 0, threadStack, memoryFiles);
  }

  private static Place withoutFile(String name) {
    if (name.equals("[heap]")) {
      return new Place(Kind.HEAP, "");
    }
    if (name.equals("[stack]")) {
      return new Place(Kind.STACK, "");
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
      case FILE, FILE_COPY, SHARED, SPECIAL -> false;
    };
  }

  /** What to call it where one word has to do. */
  public String title() {
    return name.isEmpty() ? kind.label() : name;
  }
}
