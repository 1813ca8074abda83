package org.memstacks.check;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.memstacks.collect.Allocator;
import org.memstacks.collect.AttachKind;
import org.memstacks.collect.HookedFunction;
import org.memstacks.report.HumanBytes;
import org.memstacks.site.Cost;
import org.memstacks.symbol.PerfMapFile;
import org.memstacks.symbol.Symbolizer;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.ProcessIdentity;
import org.memstacks.target.Seccomp;
import org.memstacks.target.TargetFiles;
import org.memstacks.target.TargetProcess;

/** What a process is and what of it is known before it is traced. */
final class TargetFindings {
  private static final List<String> NAMESPACES = List.of("pid", "mnt", "user");

  /** Smaller ones are trampolines that libraries write. */
  private static final long JIT_BYTES = 64 << 10;

  private TargetFindings() {}

  static Finding process(TargetProcess target) throws IOException {
    List<String> foreign = new ArrayList<>();
    for (String namespace : NAMESPACES) {
      if (!namespace(target.pid() + "", namespace).equals(namespace("self", namespace))) {
        foreign.add(namespace);
      }
    }
    return Finding.ok(
        "process",
        "%d (%s), threads: %d, user %d"
                .formatted(
                    target.pid(),
                    target.comm(),
                    target.threads(),
                    ProcessIdentity.of(target.pid()).user())
            + (foreign.isEmpty() ? "" : ", in other namespaces: " + String.join(" ", foreign))
            + (Seccomp.restricts(target.pid()) ? ", under a seccomp filter" : ""));
  }

  /** A process that has children is likely to fork more, which pay unless perf events are used. */
  static Optional<Finding> children(TargetProcess target, Optional<AttachKind> attach) {
    long children =
        ProcessHandle.of(target.pid()).stream().flatMap(ProcessHandle::children).count();
    return children == 0 || attach.equals(Optional.of(AttachKind.PERF))
        ? Optional.empty()
        : Optional.of(
            Finding.note(
                "children",
                children
                    + " now; one that is forked while memstacks traces pays for each malloc and free,"
                    + " too, though it is not recorded",
                "--attach perf spares children"));
  }

  private static String namespace(String pid, String name) throws IOException {
    return Files.readSymbolicLink(Path.of("/proc", pid, "ns", name)).toString();
  }

  static List<Finding> allocator(Allocator allocator) {
    List<Finding> findings = new ArrayList<>();
    Map<String, List<HookedFunction>> byObject =
        allocator.functions().stream()
            .collect(
                Collectors.groupingBy(
                    hook -> hook.object().name(), LinkedHashMap::new, Collectors.toList()));
    byObject.forEach((object, hooks) ->
        findings.add(
            Finding.ok(
                "allocator",
                object
                    + ": "
                    + hooks.stream()
                        .map(hook ->
                            "%s+0x%x".formatted(hook.function().symbol(), hook.site().offset()))
                        .collect(Collectors.joining(" ")))));
    List<String> slow =
        allocator.functions().stream()
            .filter(
                hook -> hook.site().cost() == Cost.SINGLE_STEPPED || hook.returnsAtInstructions())
            .map(hook ->
                "%s (%s)"
                    .formatted(
                        hook.function().symbol(),
                        hook.returnsAtInstructions() ? "its return" : hook.site().instruction()))
            .toList();
    if (!slow.isEmpty()) {
      findings.add(
          Finding.note(
              "allocator",
              "the kernel must single-step, about ten times the usual cost: "
                  + String.join(", ", slow),
              "trace for a short time where it is called often"));
    }
    return findings;
  }

  static List<Finding> names(
      TargetProcess target, MemoryMap map, TargetFiles files, Symbolizer symbolizer)
      throws IOException {
    List<Finding> findings = new ArrayList<>();
    List<String> stripped =
        symbolizer.stripped().stream().filter(name -> name.startsWith("/")).toList();
    if (stripped.isEmpty()) {
      findings.add(Finding.ok("names", "every object lists its functions"));
    } else {
      findings.add(
          Finding.note(
              "names",
              "only exported functions have names in " + String.join(" ", stripped),
              "install debug packages: find-dbgsym-packages %d names them (apt-get install debian-goodies)"
                  .formatted(target.pid())));
    }
    for (String problem : symbolizer.problems()) {
      findings.add(
          Finding.note("names", problem, "see docs/troubleshooting.md, The result looks wrong"));
    }
    compiledAtRunTime(target, map, files).ifPresent(findings::add);
    return findings;
  }

  /** JIT code has names only in a perf map. */
  private static Optional<Finding> compiledAtRunTime(
      TargetProcess target, MemoryMap map, TargetFiles files) throws IOException {
    long bytes =
        map.executable().stream()
            .filter(mapping -> mapping.inode() == 0 && !mapping.rawName().startsWith("["))
            .mapToLong(TargetFindings::size)
            .sum();
    if (bytes < JIT_BYTES) {
      return Optional.empty();
    }
    String text = HumanBytes.of(bytes) + " of code compiled at run time";
    try (FileChannel perfMap =
        PerfMapFile.open(files, ProcessIdentity.of(target.pid())).orElse(null)) {
      return Optional.of(
          perfMap != null
              ? Finding.ok("names", text + ", with a perf map")
              : Finding.note(
                  "names",
                  text + " have no names without a perf map",
                  "Java, while memstacks traces: jcmd %d Compiler.perfmap; Node.js: start it with --perf-basic-prof"
                      .formatted(target.pid())));
    } catch (IOException e) {
      return Optional.of(Finding.note("names", text + ": " + e.getMessage(), "remove that file"));
    }
  }

  private static long size(Mapping mapping) {
    return mapping.end() - mapping.start();
  }
}
