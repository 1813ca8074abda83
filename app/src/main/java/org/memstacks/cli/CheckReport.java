package org.memstacks.cli;

import java.io.IOException;
import java.io.Writer;
import java.util.List;
import java.util.Locale;
import org.memstacks.check.Finding;
import org.memstacks.check.Finding.Level;

/** What {@code memstacks --check} prints. */
record CheckReport(List<Finding> findings) {
  /** Whether nothing is missing. */
  boolean isTraceable() {
    return findings.stream().noneMatch(finding -> finding.level() == Level.MISSING);
  }

  /** One line a finding, what to do below it; the verdict last. */
  void write(String subject, String example, Writer out) throws IOException {
    for (Finding finding : findings) {
      out.write(
          String.format(
              "%-8s%-10s %s%n",
              finding.level().name().toLowerCase(Locale.ROOT), finding.subject(), finding.text()));
      if (finding.fix().isPresent()) {
        out.write(" ".repeat(19) + "-> " + finding.fix().get() + "\n");
      }
    }
    out.write(
        isTraceable()
            ? subject + " can be traced: " + example + "\n"
            : subject + " cannot be traced: see what is missing above\n");
  }
}
