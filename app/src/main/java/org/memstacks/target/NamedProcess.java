package org.memstacks.target;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A process found by its name.
 *
 * @param user who owns it
 * @param residentBytes of its memory
 * @param commandLine its arguments, without control characters
 */
public record NamedProcess(int pid, String user, long residentBytes, String commandLine) {
  private static final String DELETED = " (deleted)";
  private static final int PAGE_BYTES = 4096;
  private static final int MAX_COMMAND_LINE = 4096;

  /**
   * The processes other than this one whose comm, executable's file name, or first argument's file
   * name is this one. Those without memory (kernel threads, zombies) have no name.
   *
   * @return by process ID
   * @throws IOException when /proc cannot be read
   */
  public static List<NamedProcess> called(String name) throws IOException {
    List<NamedProcess> found = new ArrayList<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[1-9]*")) {
      for (Path process : processes) {
        look(process, name).ifPresent(found::add);
      }
    }
    found.sort(Comparator.comparingInt(NamedProcess::pid));
    return found;
  }

  private static Optional<NamedProcess> look(Path process, String name) {
    try {
      int pid = Integer.parseInt(process.getFileName().toString());
      /* statm: size, resident. */
      String[] pages = read(process.resolve("statm"), MAX_COMMAND_LINE).split(" ");
      if (pages[0].equals("0") || pid == ProcessHandle.current().pid()) {
        return Optional.empty();
      }
      String arguments = read(process.resolve("cmdline"), MAX_COMMAND_LINE);
      int end = arguments.indexOf('\0');
      String first = end < 0 ? arguments : arguments.substring(0, end);
      String comm = read(process.resolve("comm"), MAX_COMMAND_LINE).stripTrailing();
      boolean called =
          comm.equals(name)
              || fileName(first).equals(name)
              || fileName(executable(process)).equals(name);
      return called
          ? Optional.of(
              new NamedProcess(
                  pid,
                  Files.getOwner(process).getName(),
                  Long.parseLong(pages[1]) * PAGE_BYTES,
                  arguments.replace('\0', ' ').replaceAll("\\p{Cntrl}", "?").strip()))
          : Optional.empty();
    } catch (IOException | NumberFormatException e) {
      // It ended.
      return Optional.empty();
    }
  }

  private static String executable(Path process) {
    try {
      String path = Files.readSymbolicLink(process.resolve("exe")).toString();
      return path.endsWith(DELETED) ? path.substring(0, path.length() - DELETED.length()) : path;
    } catch (IOException e) {
      // Another user's, or a kernel thread's.
      return "";
    }
  }

  private static String fileName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private static String read(Path file, int most) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(most), StandardCharsets.UTF_8);
    }
  }
}
