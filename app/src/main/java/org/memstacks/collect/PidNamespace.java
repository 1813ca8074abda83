package org.memstacks.collect;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The collector's PID namespace, in which the numbers of processes it was told are meant.
 *
 * @param inode of /proc/self/ns/pid, by which the kernel knows it
 */
public record PidNamespace(long inode) {
  public static PidNamespace own() throws IOException {
    return new PidNamespace((Long) Files.getAttribute(Path.of("/proc/self/ns/pid"), "unix:ino"));
  }
}
