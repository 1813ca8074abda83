package org.memstacks.cli;

/** What {@code memstacks --help} prints. */
final class MemstacksUsage {
  static final String TEXT =
      """
      usage: memstacks -p PID[,PID]... [-f] [-a] [option]... [duration]
             memstacks -t TID [-f] [-a] [option]... [duration]
             memstacks [-f] [-a] [option]... [duration] -c COMMAND [ARGUMENT]...
             memstacks --check [-p PID]

      Shows which code paths of a running process allocated memory and did not free it.

        duration              seconds to trace; without it until Ctrl-C
        -p, --pid PID         the process to trace; several by -p 12,34 or -p 12 -p 34: one output, in
                              which stacks begin with NAME-PID, and limits that are those of all
            --name NAME       the one process whose name, executable or first argument is NAME
        -t, --tid TID         only allocations of this thread (frees count from any thread)
        -c, --command COMMAND [ARGUMENT]...
                              starts COMMAND (found by PATH) and traces it from its first instruction
                              until it ends; everything behind -c is its own. It has our stdin; what
                              it writes to stdout goes to stderr. When the duration is over it goes on
            --follow-fork     also children that are forked in the window, each from the moment its
                              probes are in, some 0.2 s after its fork: what it allocates before is
                              not seen, and stderr says how long that was (exit status 3)
            --max-children N  so many of them at the same time (8)
        -f, --folded          folded stacks for flamegraph: comm;root;...;leaf bytes
        -a, --all             all allocations, freed or not
        -O, --object OBJECT   the object that holds the allocator: a path, a file name, or c for libc;
                              without it the one the process uses is found
            --prefix NAME     functions of a further allocator: my_ for my_malloc, my_free and so on;
                              je_, _rjem_, tc_ and mi_ are known
            --pair 'alloc=NAME:SIZE free=NAME:POINTER'
                              the program's own functions, with the number of the argument that is
                              the size, the pointer (1 to 4); also calloc=NAME:COUNT:SIZE and
                              realloc=NAME:POINTER:SIZE. 2/32 (8, 16) is a size of so many bits, an
                              int: needed only where there is no debug information
            --check           only say whether this machine and this process can be traced, with what,
                              and what is missing; exit status 0 if so, else 1
            --min-size BYTES  only requests of at least so many bytes
            --max-size BYTES  only requests of at most so many bytes

      leaks and blocks in use (not with -a):
            --mmap            besides, memory that the process maps by itself (mmap, mremap, brk) and that
                              is still mapped, in whole pages, touched or not: each piece a block, its
                              leaf frame mmap, mremap or brk. What the allocator maps for its blocks is
                              not among it; a thread's stack is, below pthread_create
            --older MS        only blocks that are older than so many milliseconds at the end
            --drain S         after the window wait so many seconds for frees; new blocks do not count
            --interval S      a table every so many seconds: bytes, blocks, growth, age, verdict; with -f
                              on stderr, else on stdout
            --intervals N     end after so many intervals
            --top N           stacks in these tables and in the report (10)
            --sort KEY        bytes, count, growth (default) or age; growing stacks come first anyway
            --report FILE     the end report in full: totals, verdicts, whole stacks, losses
            --peek            contents of some blocks of the first stacks; they may be secret

      other values:
            --blocks          with -f: blocks instead of bytes
            --ages            each stack's value by age of the blocks (with -f: a frame above the leaf)
            --sizes           likewise by size
            --peak            what was live when most was
            --temporary       what its thread freed before it allocated anything else

      how to trace and what to show:
            --stack-storage-size N
                              how many different stacks can be kept (32768), if they are 64 frames
                              deep on average; of deeper ones fewer
            --max-live-blocks N
                              how many blocks can be live at once (3000000); their table grows as needed,
                              to 36 MB a million
            --force           trace even where memory seems too short for the tables
            --facts           with -f: lines '# NAME: VALUE' first, which flamegraph --html shows
            --offsets         names with offsets: parse+0x1f
            --modules         names with objects: parse [libfoo.so]
            --inline          calls that the compiler inlined as frames of their own (needs libdw
                              and debug information)
            --lines           names with source lines: parse (parser.c:42) (likewise)
            --attach KIND     how probes are attached: session, multi or perf; without it the best
                              the kernel offers; with perf, children that the process forks pay nothing
        -q, --quiet           no remarks and no summary on stderr, only errors and losses
        -v, --verbose         what is traced and how, on stderr
            --debug           on errors, where in memstacks they arose
        -h, --help            this text
        -V, --version         the version

      stdout carries the stacks, everything else goes to stderr. Exit status: 0 complete, 1 could not
      do it, 2 usage, 3 written but incomplete (stderr says what is missing).

      memstacks -p 1234 -f 60 > out.stacks
      flamegraph --color=mem --countname=bytes < out.stacks > out.svg
      """;

  private MemstacksUsage() {}
}
