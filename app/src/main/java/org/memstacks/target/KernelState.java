package org.memstacks.target;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the running kernel permits, as sysfs shows it.
 *
 * @param root directory that holds sys
 */
public record KernelState(Path root) {
  /** Where the kernel shows its type information. */
  public static final String TYPES = "/sys/kernel/btf/vmlinux";

  /** Of the kernel that this process runs on. */
  public static KernelState running() {
    return new KernelState(Path.of("/"));
  }

  /** Whether sysfs is mounted at all. */
  public boolean isVisible() {
    return Files.isDirectory(root.resolve("sys/kernel"));
  }

  /** Whether the kernel shows its type information (BTF), which programs are fitted to it by. */
  public boolean hasTypeInformation() {
    Path types = root.resolve(TYPES.substring(1));
    try {
      return Files.isReadable(types) && Files.size(types) > 0;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Whether it is locked down for confidentiality (kernel_lockdown(7)). False as well where
   * securityfs is not mounted.
   */
  public boolean isConfidential() {
    try {
      return Files.readString(root.resolve("sys/kernel/security/lockdown"))
          .contains("[confidentiality]");
    } catch (IOException e) {
      // Not mounted or not built in: then nothing is locked down, or an attempt shows it.
      return false;
    }
  }
}
