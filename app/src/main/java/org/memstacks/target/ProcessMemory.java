package org.memstacks.target;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Read-only view of a process's memory through /proc/PID/mem. */
public final class ProcessMemory implements AutoCloseable {
  private final FileChannel channel;

  /** Of the process that has this number now. */
  public ProcessMemory(int pid) throws IOException {
    channel =
        FileChannel.open(Path.of("/proc", Integer.toString(pid), "mem"), StandardOpenOption.READ);
  }

  /**
   * @throws IOException when any of it is not mapped
   */
  public ByteBuffer read(long address, int length) throws IOException {
    if (address < 0 || address > Long.MAX_VALUE - length) {
      throw new EOFException("address 0x%x lies outside user space".formatted(address));
    }
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, address + bytes.position()) <= 0) {
        throw new EOFException("address 0x%x is not mapped".formatted(address));
      }
    }
    return bytes.flip();
  }

  long word(long address) throws IOException {
    return read(address, Long.BYTES).getLong(0);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
