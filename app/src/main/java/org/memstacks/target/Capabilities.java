package org.memstacks.target;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Rights of this process (capabilities(7)).
 *
 * @param effective bit N set for capability number N
 */
public record Capabilities(long effective) {
  private static final int DAC_OVERRIDE = 1;
  private static final int DAC_READ_SEARCH = 2;
  private static final int SYS_PTRACE = 19;
  private static final int SYS_ADMIN = 21;
  private static final int PERFMON = 38;
  private static final int BPF = 39;
  private static final int CHECKPOINT_RESTORE = 40;

  /** Those in force for the calling process. */
  public static Capabilities own() throws IOException {
    return parse(Files.readString(Path.of("/proc/self/status")));
  }

  static Capabilities parse(String status) throws IOException {
    for (String line : status.split("\n")) {
      if (line.startsWith("CapEff:")) {
        return new Capabilities(Long.parseUnsignedLong(line.substring(7).strip(), 16));
      }
    }
    throw new IOException("/proc/self/status has no CapEff line");
  }

  /** Whether the calling process has CAP_SYS_ADMIN. */
  static boolean ownHasSysAdmin() {
    try {
      return own().has(SYS_ADMIN);
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Those that tracing needs and this process lacks, by name: Linux 5.8 took BPF and PERFMON out of
   * SYS_ADMIN, 5.9 CHECKPOINT_RESTORE, without which /proc/PID/map_files may not be followed.
   *
   * @param foreign whether the process to trace belongs to another user, whose directories below
   *     /proc/PID only he may read
   */
  public List<String> missing(boolean foreign) {
    List<String> missing = new ArrayList<>();
    add(missing, "CAP_BPF", BPF, SYS_ADMIN);
    add(missing, "CAP_PERFMON", PERFMON, SYS_ADMIN);
    add(missing, "CAP_SYS_PTRACE", SYS_PTRACE, SYS_PTRACE);
    add(missing, "CAP_CHECKPOINT_RESTORE", CHECKPOINT_RESTORE, SYS_ADMIN);
    if (foreign) {
      add(missing, "CAP_DAC_READ_SEARCH", DAC_READ_SEARCH, DAC_OVERRIDE);
    }
    return missing;
  }

  private void add(List<String> missing, String name, int capability, int covering) {
    if (!has(capability) && !has(covering)) {
      missing.add(name);
    }
  }

  private boolean has(int capability) {
    return (effective >> capability & 1) != 0;
  }
}
