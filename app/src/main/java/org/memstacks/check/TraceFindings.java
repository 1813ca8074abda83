package org.memstacks.check;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.memstacks.collect.CodeCoverage;
import org.memstacks.collect.MallocTrace;
import org.memstacks.collect.MemoryBudget;
import org.memstacks.report.HumanBytes;

/** What an attached trace shows. */
final class TraceFindings {
  private TraceFindings() {}

  static List<Finding> of(MallocTrace trace) throws IOException {
    List<Finding> findings = new ArrayList<>();
    findings.add(probes(trace));
    MemoryBudget budget = MemoryBudget.current();
    findings.add(
        Finding.ok(
            "memory",
            "%s of kernel memory; beside it %s are to spare (%s)"
                .formatted(
                    HumanBytes.of(trace.kernelBytes()),
                    HumanBytes.of(budget.availableBytes()),
                    budget.limitedBy())));
    MemoryBudget.unknownLimit()
        .ifPresent(text ->
            findings.add(
                Finding.note("limit", text, "mount the control groups as this process sees them")));
    findings.add(unwinding(trace.coverage(), trace.problems()));
    return findings;
  }

  private static Finding probes(MallocTrace trace) {
    String kind = trace.kind().name().toLowerCase(Locale.ROOT);
    String cheaper =
        trace.refusals().isEmpty() ? "" : "; refused was " + String.join("; ", trace.refusals());
    return Finding.ok("probes", "attached by " + kind + " and detached again" + cheaper);
  }

  static Finding unwinding(CodeCoverage coverage, List<String> problems) {
    String text =
        String.format(
            Locale.ROOT,
            "%,d rows for %d of %d objects",
            coverage.rows(),
            coverage.objects() - coverage.withoutRows().size(),
            coverage.objects());
    if (coverage.withoutRows().isEmpty()) {
      return Finding.ok("unwinding", text);
    }
    return Finding.note(
        "unwinding",
        text
            + "; by frame pointer through "
            + String.join(", ", coverage.withoutRows())
            + (problems.isEmpty() ? "" : " (" + String.join("; ", problems) + ")"),
        "where those are yours, compile them with -fno-omit-frame-pointer or"
            + " -fasynchronous-unwind-tables");
  }
}
