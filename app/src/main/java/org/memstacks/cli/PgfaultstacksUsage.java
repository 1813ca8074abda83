package org.memstacks.cli;

/** What {@code pgfaultstacks --help} prints. */
final class PgfaultstacksUsage {
  static final String TEXT =
      """
      usage: pgfaultstacks -p PID [-f] [--bytes] [--by-mapping] [duration]

      Shows which code paths of a running process made its resident memory grow: the pages in memory
      at the end that were not there at the begin, each with the stack that brought it.

        duration              seconds to trace; without it until Ctrl-C
        -p, --pid PID         the process to trace
            --name NAME       the one process whose name, executable or first argument is NAME
        -f, --folded          folded stacks for flamegraph: comm;root;...;leaf pages
            --bytes           bytes instead of pages as values
            --by-mapping      the kind of memory (heap, stack, stack of thread, anonymous, file,
                              private copy of file, shared) as the first frame
            --stack-storage-size N
                              how many different stacks can be kept (32768), if they are 64 frames
                              deep on average; of deeper ones fewer
            --max-pages N     for how many pages that come there is room: 6.7 bytes each,
                              more where pages lie far apart (288 for one alone)
                              (as many as memory is free, 12 million at most)
            --force           trace even where memory seems too short for the tables
            --facts           with -f: lines '# NAME: VALUE' first, which flamegraph --html shows
            --offsets         names with offsets: parse+0x1f
            --modules         names with objects: parse [libfoo.so]
            --inline          calls that the compiler inlined as frames of their own (needs libdw
                              and debug information)
            --lines           names with source lines: parse (parser.c:42) (likewise)
            --attach KIND     how libc's mmap, munmap and the like are followed: session, multi or
                              perf; without it the best the kernel offers
        -q, --quiet           no remarks and no summary on stderr, only errors and losses
        -v, --verbose         what is traced and how, on stderr; faults by kind, each of which it
                        slows a little more
            --debug           on errors, where in pgfaultstacks they arose
        -h, --help            this text
        -V, --version         the version

      stdout carries the stacks, everything else goes to stderr. Exit status: 0 complete, 1 could not
      do it, 2 usage, 3 written but incomplete (stderr says what is missing).

      pgfaultstacks -p 1234 -f 60 > pgfault.stacks
      flamegraph --color=mem --countname=pages < pgfault.stacks > pgfault.svg
      """;

  private PgfaultstacksUsage() {}
}
