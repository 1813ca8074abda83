package org.memstacks.symbol;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.zip.CRC32;
import org.memstacks.elf.DebugLink;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.SharedDebugLink;
import org.memstacks.target.TargetFiles;

/**
 * Finds the file with an object's debug data: by build ID below /usr/lib/debug of this system, then
 * of the process's own; then by .gnu_debuglink where GDB looks. A file is taken only if it is the
 * object's: the same build ID, or the checksum the link states.
 */
public final class DebugFiles {
  private static final String GLOBAL = "/usr/lib/debug";
  private static final long MAX_SIZE = 16L << 30;

  /** Checksums of larger files are not computed: it takes a second a gigabyte. */
  private static final long MAX_CHECKED = 1L << 30;

  /** A debug file, opened, or why it is none. */
  private interface Candidate {
    FileChannel open() throws IOException;
  }

  /** Whether something is what is looked for. */
  @FunctionalInterface
  private interface Test<T> {
    boolean of(T found) throws IOException;
  }

  private final Path global;
  private final Optional<TargetFiles> target;

  DebugFiles(Path global, Optional<TargetFiles> target) {
    this.global = global;
    this.target = target;
  }

  public static DebugFiles of(TargetFiles target) {
    return new DebugFiles(Path.of(GLOBAL), Optional.of(target));
  }

  /** Finds nothing. */
  public static DebugFiles none() {
    return new DebugFiles(Path.of("/nonexistent"), Optional.empty());
  }

  /**
   * @param rawPath of the object as the process's memory map has it, one character per byte
   */
  public Optional<ElfFile> find(ElfFile object, String rawPath) throws IOException {
    Optional<String> buildId = object.buildId();
    Optional<DebugLink> link = object.debugLink();
    boolean byChecksum = buildId.isEmpty() && link.isPresent();
    return first(
        candidates(buildId, link, rawPath),
        object.name() + " (debug file)",
        channel -> !byChecksum || matches(channel, link.get()),
        file ->
            file.machine() == object.machine()
                && (byChecksum || buildId.isPresent() && file.buildId().equals(buildId)));
  }

  /** Finds what a debug file has in common with others of its package: with its build ID only. */
  Optional<ElfFile> find(SharedDebugLink link) {
    List<Candidate> candidates = new ArrayList<>(byBuildId(link.buildId()));
    if (link.path().startsWith(GLOBAL + "/")) {
      candidates.add(() -> openOurs(global.resolve(link.path().substring(GLOBAL.length() + 1))));
    }
    if (link.path().startsWith("/")) {
      candidates.add(() -> openTheirs(link.path()));
    }
    return first(
        candidates,
        link.path(),
        channel -> true,
        file -> file.buildId().equals(Optional.of(link.buildId())));
  }

  /**
   * The first of these files that is the one looked for.
   *
   * @param isContent what can be told before it is known to be ELF
   * @param isFile what the file says of itself
   */
  private static Optional<ElfFile> first(
      List<Candidate> candidates, String name, Test<FileChannel> isContent, Test<ElfFile> isFile) {
    for (Candidate candidate : candidates) {
      try {
        FileChannel channel = candidate.open();
        if (!isContent.of(channel)) {
          channel.close();
          continue;
        }
        ElfFile file = ElfFile.open(channel, name);
        if (isFile.of(file)) {
          return Optional.of(file);
        }
        file.close();
      } catch (IOException e) {
        // Not there, or not ours to read: the next place may have it.
      }
    }
    return Optional.empty();
  }

  private List<Candidate> candidates(
      Optional<String> buildId, Optional<DebugLink> link, String mappedPath) {
    String rawPath = target.map(files -> files.inside(mappedPath)).orElse(mappedPath);
    List<Candidate> candidates = new ArrayList<>();
    buildId.ifPresent(id -> candidates.addAll(byBuildId(id)));
    int slash = rawPath.lastIndexOf('/');
    if (link.isPresent() && slash >= 0) {
      String directory = rawPath.substring(0, slash + 1);
      String name = link.get().fileName();
      candidates.add(() -> openTheirs(directory + name));
      candidates.add(() -> openTheirs(directory + ".debug/" + name));
      candidates.add(() -> openTheirs(GLOBAL + directory + name));
    }
    return candidates;
  }

  private List<Candidate> byBuildId(String id) {
    if (id.length() <= 2) {
      return List.of();
    }
    String file = ".build-id/" + id.substring(0, 2) + "/" + id.substring(2) + ".debug";
    return List.of(() -> openOurs(global.resolve(file)), () -> openTheirs(GLOBAL + "/" + file));
  }

  private static FileChannel openOurs(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new IOException(path + ": is not a regular file");
    }
    return FileChannel.open(path, StandardOpenOption.READ);
  }

  private FileChannel openTheirs(String path) throws IOException {
    if (target.isEmpty()) {
      throw new IOException("no process to ask");
    }
    return target.get().openChannel(path, MAX_SIZE, OptionalInt.empty());
  }

  private static boolean matches(FileChannel channel, DebugLink link) throws IOException {
    if (channel.size() > MAX_CHECKED) {
      return false;
    }
    CRC32 crc = new CRC32();
    ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
    long at = 0;
    for (int n = channel.read(buffer, at); n > 0; n = channel.read(buffer, at)) {
      crc.update(buffer.flip());
      buffer.clear();
      at += n;
      if (at > MAX_CHECKED) {
        return false;
      }
    }
    return (int) crc.getValue() == link.crc();
  }
}
