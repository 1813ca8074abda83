package org.memstacks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Checkout;

/** What memstacks says when something is wrong is answered in docs/troubleshooting.md. */
class TroubleshootingTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "may not be read",
        "there is no process or thread",
        "the kernel has no memory for the tables",
        "run as root",
        "EPERM (operation not permitted)",
        "cannot be loaded",
        "is a kernel thread",
        "zombie",
        "has ended its main thread (pthread_exit) while",
        "memory is short: Java may take",
        "names take all the memory",
        "the probes stay in until the debugger",
        "is a thread of process",
        "ended before its probes were in",
        "executed another program (exec), or itself anew",
        "the process ended while it was looked at",
        "has not loaded an object named",
        "no object of process",
        "defines no",
        "is no object that can be read",
        "may bear the names of an object that was unloaded",
        "is an indirect function (IFUNC)",
        "was changed in memory after it was loaded",
        "was moved to memory of the process's own",
        "was changed in the window",
        "was moved in the window",
        "lead to",
        "what it does not take from traced functions is not seen",
        "are left out as part of other allocations",
        "calls go on to",
        "are to spare",
        "uprobe multi links filter by thread",
        "lets that kill it at the first",
        "the table of live blocks is full",
        "it could not grow by",
        "as it may take no more memory: only",
        "lives, but /proc does not show it to this user (it is mounted with hidepid)",
        "only those of a user namespace (a rootless container)",
        "--attach perf needs CAP_SYS_ADMIN",
        "the address space of memstacks is limited to",
        "files may be open here",
        "no more threads can be made here",
        "the unwind tables are full",
        "executable mappings are too many",
        "the stack store is full",
        "too many calls under way at once",
        "were not seen to return",
        "are in stacks that break off",
        "type information",
        "locked down for confidentiality",
        "it is too old",
        "is there: too old",
        "could not be read",
        "cannot be written",
        "what it holds of the result is not all",
        "no allocation and no free was seen",
        "the memory limit of memstacks' own control group is not known",
        "with another allocator",
        "that is not traced",
        "is shorter than --older",
        "does not go with",
        "--report takes a regular file",
        "the report cannot be written to",
        "it is too early to tell",
        "its memory is no longer mapped",
        "the process has ended",
        "freed while it was read",
        "the process became another program (exec)",
        "lacks the tracepoint",
        "raise --max-pages",
        "the process executed another program",
        "may not be read (it takes root",
        "calls that map and unmap memory came faster",
        "calls that map and unmap memory were not seen to return",
        "too many pieces of memory are mapped at once",
        "made by signal handlers on a stack of their own",
        "exceptions or longjmp may leave it",
        "do not reach process",
        "runs a 32-bit program",
        "mappings are missing",
        "was mapped in the window by no call that was seen",
        "whose caller is not known",
        "came without a fault or a call that was seen",
        "mmap, munmap, mremap, madvise, brk and mlock were not followed",
        "moves of mappings (mremap) could not be followed",
        "calls that give pages back could not be followed",
        "have no record",
        "the process ended its main thread, without which it cannot be traced",
        "calls that map memory could not be followed to their end",
        "growth less what went is",
        "processes are called '",
        "no process is called '",
        "not found in PATH",
        "no program for this machine",
        "while its libraries were loaded",
        "was ended before it began to run",
        "goes on running as process",
        "is not traced: ",
        "twice",
        "forked it, and it is traced from",
        "ended before probes were in",
        "at the same time",
        "had been in this run",
        "as the window ended before probes were in",
        "left could not be read",
        "came faster than they could be followed",
      })
  void everyMessageIsAnswered(String key) throws IOException {
    Path root = Checkout.root();
    assertThat(Files.readString(root.resolve("docs/troubleshooting.md"))).contains(key);
    assertThat(sources(root)).as("still said").contains(key);
  }

  private static String sources(Path root) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String module : new String[] {"app", "bpf-probes"}) {
      try (Stream<Path> files = Files.walk(root.resolve(module + "/src/main/java"))) {
        for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
          text.append(Files.readString(file));
        }
      }
    }
    return text.toString();
  }
}
