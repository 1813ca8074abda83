package org.memstacks.bpf;

/**
 * A call into libbpf or the kernel that failed. The message names the call, its arguments and the
 * error; {@link #log()} holds what libbpf and the verifier printed meanwhile.
 */
public final class BpfException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int errno;
  private final String log;

  /**
   * @param call the call with its arguments
   * @param errno positive
   * @param log what libbpf and the verifier printed
   */
  public BpfException(String call, int errno, String log) {
    super(call + ": " + Errno.describe(errno));
    this.errno = errno;
    this.log = log;
  }

  /** The positive errno value, 0 if the failure has none. */
  public int errno() {
    return errno;
  }

  /** What libbpf and the verifier printed, empty if nothing. */
  public String log() {
    return log;
  }
}
