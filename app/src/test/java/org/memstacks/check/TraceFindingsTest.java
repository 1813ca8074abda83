package org.memstacks.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.memstacks.collect.CodeCoverage;

class TraceFindingsTest {
  @Test
  void codeThatCanBeUnwoundIsCounted() {
    assertThat(TraceFindings.unwinding(new CodeCoverage(3, 25_412, List.of()), List.of()))
        .isEqualTo(
            new Finding(
                Finding.Level.OK, "unwinding", "25,412 rows for 3 of 3 objects", Optional.empty()));
  }

  @Test
  void objectsWithoutUnwindInformationAreNamed() {
    Finding finding =
        TraceFindings.unwinding(
            new CodeCoverage(3, 7, List.of("a.so", "b.so")), List.of("b.so: is damaged"));
    assertThat(finding.level()).isEqualTo(Finding.Level.NOTE);
    assertThat(finding.text())
        .isEqualTo(
            "7 rows for 1 of 3 objects; by frame pointer through a.so, b.so (b.so: is damaged)");
    assertThat(finding.fix()).isPresent();
  }
}
