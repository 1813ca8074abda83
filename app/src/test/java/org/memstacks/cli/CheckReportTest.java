package org.memstacks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.memstacks.check.Finding;
import org.memstacks.check.Finding.Level;

class CheckReportTest {
  private static final Finding GOOD =
      new Finding(Level.OK, "kernel", "Linux 6.18", Optional.empty());
  private static final Finding BETTER_WITH =
      new Finding(Level.NOTE, "names", "none in a.so", Optional.of("apt-get install a-dbgsym"));
  private static final Finding MISSING =
      new Finding(Level.MISSING, "libbpf", "is not there", Optional.of("apt-get install libbpf1"));

  @Test
  void saysLineByLineAndThenHowToGoOn() throws IOException {
    assertThat(text(GOOD, BETTER_WITH))
        .isEqualTo(
            """
            ok      kernel     Linux 6.18
            note    names      none in a.so
                               -> apt-get install a-dbgsym
            the process can be traced: memstacks -p 1
            """);
    assertThat(new CheckReport(List.of(GOOD, BETTER_WITH)).isTraceable()).isTrue();
  }

  @Test
  void oneThingMissingIsEnough() throws IOException {
    assertThat(text(GOOD, MISSING))
        .isEqualTo(
            """
            ok      kernel     Linux 6.18
            missing libbpf     is not there
                               -> apt-get install libbpf1
            the process cannot be traced: see what is missing above
            """);
    assertThat(new CheckReport(List.of(GOOD, MISSING, GOOD)).isTraceable()).isFalse();
  }

  private static String text(Finding... findings) throws IOException {
    StringWriter text = new StringWriter();
    new CheckReport(List.of(findings)).write("the process", "memstacks -p 1", text);
    return text.toString();
  }
}
