package org.memstacks.target;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The user namespace of this process (user_namespaces(7)): whose root its root is. */
public final class UserNamespace {
  /* What /proc/PID/uid_map says where every user of the machine is himself. */
  private static final String WHOLE_MACHINE = "0 0 4294967295";

  /* PROC_USER_INIT_INO of the kernel's include/linux/proc_ns.h. */
  private static final String INITIAL = "user:[4026531837]";

  private UserNamespace() {}

  /** Whether it is the machine's own, whose root alone may load programs into the kernel. */
  public static boolean isInitial() {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/ns/user")).toString().equals(INITIAL);
    } catch (IOException e) {
      // A kernel that has no such namespaces has the initial one.
      return true;
    }
  }

  /** What to do when root is needed and this is not it. */
  public static String advice() {
    try {
      return advice(Files.readString(Path.of("/proc/self/uid_map")));
    } catch (IOException e) {
      return advice(WHOLE_MACHINE);
    }
  }

  static String advice(String uidMap) {
    return uidMap.strip().replaceAll(" +", " ").equals(WHOLE_MACHINE)
        ? "run as root"
        : "run as root of the machine; here is only root of a user namespace (a rootless container)";
  }
}
