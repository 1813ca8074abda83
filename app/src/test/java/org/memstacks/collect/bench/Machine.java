package org.memstacks.collect.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the figures were measured on. */
public final class Machine {
  private Machine() {}

  /**
   * Kernel, CPU, number of CPUs, whether it is a virtual machine, preemption model if debugfs shows
   * it.
   */
  public static String description() throws IOException {
    return "Linux %s, %s, %d CPUs%s%s"
        .formatted(
            System.getProperty("os.version"),
            cpuInfo("model name", System.getProperty("os.arch")),
            Runtime.getRuntime().availableProcessors(),
            cpuInfo("flags", "").contains(" hypervisor") ? " of a virtual machine" : "",
            preemption());
  }

  private static String cpuInfo(String key, String otherwise) throws IOException {
    return Files.readString(Path.of("/proc/cpuinfo"))
        .lines()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(line.indexOf(':') + 1))
        .map(value -> key.equals("flags") ? value : value.strip())
        .findFirst()
        .orElse(otherwise);
  }

  private static String preemption() {
    try {
      return ", preemption " + Files.readString(Path.of("/sys/kernel/debug/sched/preempt")).strip();
    } catch (IOException e) {
      // debugfs is not mounted, or a locked-down kernel keeps it shut.
      return "";
    }
  }
}
