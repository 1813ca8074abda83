package org.memstacks.collect;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The control group whose memory limit holds for this process, by /proc/self/cgroup, and where it
 * is mounted, by /proc/self/mountinfo (cgroups(7), cgroup_namespaces(7)).
 *
 * @param versionOne whether the memory controller is one of version 1
 * @param path as the kernel names it in this process's cgroup namespace
 * @param top the directory where the hierarchy is mounted, as far as it is
 * @param directory the group's own, at or below the top; empty when it cannot be found
 */
record OwnControlGroup(
    boolean versionOne, String path, Optional<Path> top, Optional<Path> directory) {
  /* PROC_CGROUP_INIT_INO of the kernel's include/linux/proc_ns.h. */
  private static final String INITIAL_NAMESPACE = "cgroup:[4026531835]";
  private static final int ROOT = 3;
  private static final int MOUNT_POINT = 4;

  /** Empty when the kernel limits no groups. */
  static Optional<OwnControlGroup> find(Path root) throws IOException {
    Optional<String> one = Optional.empty();
    Optional<String> two = Optional.empty();
    for (String line : lines(root.resolve("proc/self/cgroup"))) {
      String[] fields = line.split(":", 3);
      if (fields.length == 3 && List.of(fields[1].split(",")).contains("memory")) {
        one = Optional.of(fields[2]);
      } else if (fields.length == 3 && fields[1].isEmpty()) {
        two = Optional.of(fields[2]);
      }
    }
    return one.isPresent()
        ? one.map(path -> at(root, true, path))
        : two.map(path -> at(root, false, path));
  }

  /** Whether its limit may be there without being seen. */
  boolean isHidden(Path root) {
    return directory.isEmpty() && !(path.equals("/") && isInitialNamespace(root));
  }

  private static OwnControlGroup at(Path root, boolean versionOne, String path) {
    for (String line : lines(root.resolve("proc/self/mountinfo")).reversed()) {
      String[] fields = line.split(" ");
      Optional<Path> below =
          isOf(fields, versionOne) ? below(fields[ROOT], path) : Optional.empty();
      if (below.isPresent()) {
        Path top = root.resolve(fields[MOUNT_POINT].substring(1));
        Path directory = top.resolve(below.get()).normalize();
        if (Files.isDirectory(directory)) {
          return new OwnControlGroup(versionOne, path, Optional.of(top), Optional.of(directory));
        }
      }
    }
    return new OwnControlGroup(versionOne, path, Optional.empty(), Optional.empty());
  }

  /** Optional fields end with a dash; type, source and the file system's options follow. */
  private static boolean isOf(String[] fields, boolean versionOne) {
    int dash = List.of(fields).indexOf("-");
    if (dash < MOUNT_POINT || fields.length < dash + 4) {
      return false;
    }
    return versionOne
        ? fields[dash + 1].equals("cgroup")
            && List.of(fields[dash + 3].split(",")).contains("memory")
        : fields[dash + 1].equals("cgroup2");
  }

  /**
   * The group relative to what is mounted; empty when it lies elsewhere. Above the namespace's own
   * root names are not known, only that there is something ({@code ..}).
   */
  private static Optional<Path> below(String mounted, String group) {
    Path top = Path.of(mounted);
    Path own = Path.of(group);
    return mounted.contains("..") || group.contains("..") || !own.startsWith(top)
        ? Optional.empty()
        : Optional.of(top.relativize(own));
  }

  private static boolean isInitialNamespace(Path root) {
    try {
      return Files.readSymbolicLink(root.resolve("proc/self/ns/cgroup"))
          .toString()
          .equals(INITIAL_NAMESPACE);
    } catch (IOException e) {
      // A kernel that has no such namespaces has the initial one.
      return e instanceof NoSuchFileException;
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return List.of();
    }
  }
}
