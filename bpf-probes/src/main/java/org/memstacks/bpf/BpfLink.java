package org.memstacks.bpf;

/**
 * A program attached somewhere. Closing detaches it; the kernel does the same when the process ends
 * in any way.
 */
public final class BpfLink implements AutoCloseable {
  private final long link;
  private final int fd;
  private boolean closed;

  private BpfLink(long link, int fd) {
    this.link = link;
    this.fd = fd;
  }

  static BpfLink ofLibbpf(long link) {
    return new BpfLink(link, -1);
  }

  static BpfLink ofFd(int fd) {
    return new BpfLink(0, fd);
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    int result = fd >= 0 ? Libbpf.CLOSE_FD.callInt(fd) : Libbpf.LINK_DESTROY.callInt(link);
    if (result < 0) {
      throw new BpfException("detaching a probe", -result, "");
    }
  }
}
