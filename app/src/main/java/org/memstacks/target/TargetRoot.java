package org.memstacks.target;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * A process's root directory: as it is now, or as it was when this was made, once the process is
 * gone.
 */
final class TargetRoot implements AutoCloseable {
  private final String link;

  /** Where the directory lies for us, one character per byte; empty when it is our own. */
  private final String prefix;

  private OptionalInt kept;

  TargetRoot(long pid) {
    this.link = "/proc/" + pid + "/root";
    this.prefix = prefix(Path.of(link));
    this.kept = keep(link);
  }

  /**
   * Opens a path of the process's own file system tree.
   *
   * @param rawPath one character per byte
   * @param followLink whether the path may name a symbolic link
   */
  NativeOpen.Opened open(String rawPath, boolean followLink) throws IOException {
    int directory;
    try {
      directory = NativeOpen.directory(link);
    } catch (IOException gone) {
      if (kept.isEmpty()) {
        throw gone;
      }
      return NativeOpen.below(kept.getAsInt(), rawPath, followLink, link + rawPath);
    }
    try {
      return NativeOpen.below(directory, rawPath, followLink, link + rawPath);
    } finally {
      NativeOpen.close(directory);
    }
  }

  /**
   * How the process itself calls a mapped file: after chroot(2) /proc/PID/maps shows what lies
   * above its root, too.
   */
  String inside(String rawPath) {
    return rawPath.startsWith(prefix + "/") ? rawPath.substring(prefix.length()) : rawPath;
  }

  @Override
  public void close() {
    kept.ifPresent(NativeOpen::close);
    kept = OptionalInt.empty();
  }

  private static String prefix(Path link) {
    try {
      byte[] target = Files.readSymbolicLink(link).toString().getBytes(StandardCharsets.UTF_8);
      String path = new String(target, StandardCharsets.ISO_8859_1);
      return path.equals("/") ? "" : path;
    } catch (IOException e) {
      return "";
    }
  }

  private static OptionalInt keep(String link) {
    try {
      return OptionalInt.of(NativeOpen.directory(link));
    } catch (IOException e) {
      // Whoever opens something will be told.
      return OptionalInt.empty();
    }
  }
}
