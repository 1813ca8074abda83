package org.memstacks.collect;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.Errno;

/** Ways to attach that did not work, in the order they were tried, and which of them to report. */
public final class AttachAttempts {
  private static final String SESSION_FUNCTION =
      "calling kernel function bpf_session_cookie is not allowed";

  private record Attempt(AttachKind kind, Exception why) {}

  private final List<Attempt> attempts = new ArrayList<>();

  /** The kernel refused this way. */
  public void refused(AttachKind kind, BpfException why) {
    attempts.add(new Attempt(kind, why));
  }

  /** This way would harm or miscount, though the kernel offers it. */
  public void unsuitable(AttachKind kind, String why) {
    attempts.add(new Attempt(kind, new IOException(why)));
  }

  /** One line for each way, for people. */
  public List<String> lines() {
    return attempts.stream()
        .map(attempt ->
            attempt.kind.name().toLowerCase(Locale.ROOT) + ": " + attempt.why.getMessage())
        .toList();
  }

  /**
   * The best way's refusal, with the others as suppressed ones. That a kernel does not know a way
   * says less than any other refusal; where all are of that kind, the plainest way's says most.
   *
   * @return what to throw, unless it is a BpfException, which is thrown
   */
  public IOException verdict() {
    Exception reported =
        attempts.stream()
            .map(Attempt::why)
            .filter(why -> why instanceof BpfException e && !isOfUnknownWay(e))
            .findFirst()
            .orElse(attempts.getLast().why);
    attempts.stream()
        .map(Attempt::why)
        .filter(why -> why != reported)
        .forEach(reported::addSuppressed);
    if (reported instanceof BpfException refusal) {
      throw refusal;
    }
    return (IOException) reported;
  }

  /** Kernels before 6.13 know the function, and refuse it to uprobes. */
  private static boolean isOfUnknownWay(BpfException refusal) {
    return refusal.errno() == Errno.EINVAL || refusal.log().contains(SESSION_FUNCTION);
  }
}
