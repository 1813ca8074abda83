package org.memstacks.check;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FindingTest {
  @Test
  void whatTheProcessNamedItselfBreaksNoLine() {
    Finding finding = Finding.note("process", "7 (a\nb\u001b[31m)", "kill 'a\nb'");

    assertThat(finding.text()).isEqualTo("7 (a?b?[31m)");
    assertThat(finding.fix()).contains("kill 'a?b'");
  }
}
