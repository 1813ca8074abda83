package org.memstacks.collect;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.Errno;

/** Ways to attach that did not work, in the order they were tried, and which of them to report. */
public final class AttachAttempts {
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
   * The best way's refusal, with the others as suppressed ones. A kernel that does not know a way
   * answers EINVAL to it: that says less than any other refusal.
   *
   * @return what to throw, unless it is a BpfException, which is thrown
   */
  public IOException verdict() {
    Exception reported =
        attempts.stream()
            .map(Attempt::why)
            .filter(why -> why instanceof BpfException e && e.errno() != Errno.EINVAL)
            .findFirst()
            .orElse(attempts.getFirst().why);
    attempts.stream()
        .map(Attempt::why)
        .filter(why -> why != reported)
        .forEach(reported::addSuppressed);
    if (reported instanceof BpfException refusal) {
      throw refusal;
    }
    return (IOException) reported;
  }
}
