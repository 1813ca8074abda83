package org.memstacks.bpf;

import java.lang.foreign.MemorySegment;

/**
 * A program attached somewhere. Closing detaches it; the kernel does the same when the process ends
 * in any way.
 */
public final class BpfLink implements AutoCloseable {
  private final MemorySegment link;
  private final int fd;
  private boolean closed;

  private BpfLink(MemorySegment link, int fd) {
    this.link = link;
    this.fd = fd;
  }

  static BpfLink ofLibbpf(MemorySegment link) {
    return new BpfLink(link, -1);
  }

  static BpfLink ofFd(int fd) {
    return new BpfLink(MemorySegment.NULL, fd);
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      int result =
          fd >= 0
              ? (int) Libbpf.CLOSE_FD.invokeExact(fd)
              : (int) Libbpf.LINK_DESTROY.invokeExact(link);
      if (result < 0) {
        throw new BpfException("detaching a probe", -result, "");
      }
    } catch (BpfException e) {
      throw e;
    } catch (Throwable e) {
      throw Libbpf.unexpected("detaching a probe", e);
    }
  }
}
