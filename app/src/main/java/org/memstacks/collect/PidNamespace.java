package org.memstacks.collect;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The collector's PID namespace, as bpf_get_ns_current_pid_tgid names it: device and inode of
 * /proc/self/ns/pid.
 *
 * @param device in the kernel's own encoding (major shifted by 20)
 */
public record PidNamespace(long device, long inode) {
  public static PidNamespace own() throws IOException {
    Path file = Path.of("/proc/self/ns/pid");
    long device = (Long) Files.getAttribute(file, "unix:dev");
    long inode = (Long) Files.getAttribute(file, "unix:ino");
    return new PidNamespace(device, inode);
  }
}
