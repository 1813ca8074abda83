package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.Errno;

class AttachAttemptsTest {
  private final AttachAttempts attempts = new AttachAttempts();

  @Test
  void theBestWaysRefusalIsReported() {
    BpfException best = new BpfException("load", Errno.EPERM, "");
    BpfException last = new BpfException("attach", Errno.EACCES, "");
    attempts.refused(AttachKind.SESSION, best);
    attempts.refused(AttachKind.PERF, last);
    assertThatThrownBy(attempts::verdict).isSameAs(best);
    assertThat(best).hasSuppressedException(last);
    assertThat(attempts.lines())
        .containsExactly(
            "session: load: EPERM (operation not permitted)",
            "perf: attach: EACCES (permission denied)");
  }

  @Test
  void thatAnOldKernelDoesNotKnowAWayIsNoReason() {
    BpfException unknown = new BpfException("load", Errno.EINVAL, "");
    BpfException reason = new BpfException("attach", Errno.EACCES, "");
    attempts.refused(AttachKind.SESSION, unknown);
    attempts.unsuitable(AttachKind.MULTI, "filters by thread");
    attempts.refused(AttachKind.PERF, reason);
    assertThatThrownBy(attempts::verdict).isSameAs(reason);
    assertThat(reason.getSuppressed()).hasSize(2).startsWith(unknown);
  }

  @Test
  void whereNothingSaysMoreThePlainestWaySpeaks() {
    BpfException session =
        new BpfException(
            "load", Errno.EACCES, "calling kernel function bpf_session_cookie is not allowed\n");
    BpfException plain = new BpfException("attach", Errno.EINVAL, "");
    attempts.refused(AttachKind.SESSION, session);
    attempts.refused(AttachKind.PERF, plain);
    assertThatThrownBy(attempts::verdict).isSameAs(plain);
  }

  @Test
  void aWayThatMiscountsIsNoWay() {
    attempts.unsuitable(AttachKind.MULTI, "filters by thread");
    IOException verdict = attempts.verdict();
    assertThat(verdict).hasMessage("filters by thread");
  }
}
