package org.memstacks.unwind;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.ProgramHeader;

/**
 * Keeps tables of large objects between runs, one file for each build ID. A traced process may map
 * an object that carries another's build ID, so a file is used only when it was made from the very
 * same .eh_frame (SHA-256 of it and of where the code lies).
 *
 * <p>A file holds, little-endian: magic, version, number of rows, malformed records (4 bytes each),
 * digest (32 bytes), the rows (8 bytes each), CRC-32C of all before it (4 bytes). What does not
 * hold together is ignored and written anew. Failing to write costs time only and is not reported.
 */
public final class UnwindCache {
  static final int HEADER = 16 + 32;
  private static final int MAGIC = 0x57554d53;
  private static final int VERSION = 4;

  /** Smaller tables are built faster than found. */
  static final long MIN_SIZE = 256 << 10;

  private static final long MAX_TOTAL = 512L << 20;

  /** Only a file's owner may rename it (S_ISVTX). */
  private static final int STICKY = 01000;

  private static final String TABLE = ".rows";
  private static final String UNFINISHED = ".tmp";

  /** Empty when nothing can be kept safely. */
  private final Optional<Path> directory;

  private UnwindCache(Optional<Path> directory) {
    this.directory = directory;
  }

  /** A cache that keeps nothing. */
  public static UnwindCache none() {
    return new UnwindCache(Optional.empty());
  }

  /** In $XDG_CACHE_HOME/memstacks, or ~/.cache/memstacks. */
  public static UnwindCache ofUser(Map<String, String> environment) {
    String base = environment.getOrDefault("XDG_CACHE_HOME", "");
    String home = environment.getOrDefault("HOME", "");
    if (base.startsWith("/")) {
      return in(Path.of(base, "memstacks"));
    }
    return home.startsWith("/") ? in(Path.of(home, ".cache", "memstacks")) : none();
  }

  /**
   * In this directory, which is made (mode 0700) when missing. It is used only if it is ours and
   * nobody else can write to it, nor put another one in its place: root may be running with the
   * home directory of a user (sudo -E).
   */
  public static UnwindCache in(Path directory) {
    try {
      if (canBeReplaced(directory)) {
        return none();
      }
      Files.createDirectories(directory.getParent());
      if (Files.notExists(directory, LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectory(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      boolean safe =
          Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
              && isOurs(directory)
              && !othersWrite(directory);
      return new UnwindCache(safe ? Optional.of(directory) : Optional.empty());
    } catch (IOException | UnsupportedOperationException e) {
      return none();
    }
  }

  /**
   * Whether a directory above this one belongs to another user than root and us, or lets others
   * write to it: they could exchange what is in it at any moment. Those that are missing will be
   * ours.
   */
  private static boolean canBeReplaced(Path directory) throws IOException {
    for (Path above = directory.toAbsolutePath().normalize().getParent();
        above != null;
        above = above.getParent()) {
      if (Files.notExists(above)) {
        continue;
      }
      boolean sticky = ((Integer) Files.getAttribute(above, "unix:mode") & STICKY) != 0;
      boolean root = Files.getAttribute(above, "unix:uid").equals(0);
      if (!root && !isOurs(above.toRealPath()) || othersWrite(above) && !sticky) {
        return true;
      }
    }
    return false;
  }

  private static boolean othersWrite(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path))
        .matches("....w.*|.......w.");
  }

  /** Whether tables are kept at all. */
  public boolean isUsable() {
    return directory.isPresent();
  }

  /** The table of an object, from the cache or built and then kept. */
  public Optional<UnwindTable> table(ElfFile elf, Executor executor) throws IOException {
    Optional<EhFrame> frames = EhFrame.of(elf);
    Optional<String> buildId = elf.buildId();
    if (directory.isEmpty()
        || buildId.isEmpty()
        || frames.isEmpty()
        || frames.get().bytes().byteSize() < MIN_SIZE) {
      return UnwindTable.build(elf, executor);
    }
    byte[] digest = digest(elf, frames.get());
    Path file = directory.get().resolve(buildId.get() + TABLE);
    Optional<UnwindTable> known = read(file, digest);
    if (known.isEmpty()) {
      known = UnwindTable.describe(elf, executor);
      known.ifPresent(t -> write(file, t, digest));
    }
    // Not kept: it depends on code and names, which the digest does not cover.
    return known.isPresent() ? Optional.of(known.get().withStartCode(elf)) : known;
  }

  private static byte[] digest(ElfFile elf, EhFrame frames) {
    MessageDigest sha;
    try {
      sha = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
    List<ProgramHeader> code =
        elf.segments().stream().filter(s -> s.isLoad() && s.isExecutable()).toList();
    ByteBuffer layout = ByteBuffer.allocate(8 + 16 * code.size());
    layout.putLong(frames.address());
    code.forEach(s -> layout.putLong(s.address()).putLong(s.memorySize()));
    sha.update(layout.array());
    sha.update(frames.bytes().asByteBuffer());
    return sha.digest();
  }

  private static Optional<UnwindTable> read(Path file, byte[] digest) {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      long size = channel.size();
      if (!isOurs(file) || size < HEADER + 4 || size > Integer.MAX_VALUE - 8) {
        return Optional.empty();
      }
      ByteBuffer bytes = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
      while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
        continue;
      }
      bytes.flip();
      return parse(bytes, digest);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Optional<UnwindTable> parse(ByteBuffer bytes, byte[] digest) {
    int size = bytes.remaining();
    if (size < HEADER + 4 || bytes.getInt(0) != MAGIC || bytes.getInt(4) != VERSION) {
      return Optional.empty();
    }
    int count = bytes.getInt(8);
    byte[] stated = new byte[32];
    bytes.get(16, stated);
    if (count < 0
        || HEADER + 8L * count + 4 != size
        || !Arrays.equals(stated, digest)
        || crc(bytes.array(), size - 4) != bytes.getInt(size - 4)) {
      return Optional.empty();
    }
    long[] rows = new long[count];
    bytes.position(HEADER).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(rows);
    for (int i = 1; i < count; i++) {
      if (UnwindRow.pc(rows[i - 1]) >= UnwindRow.pc(rows[i])) {
        return Optional.empty();
      }
    }
    return Optional.of(new UnwindTable(rows, bytes.getInt(12)));
  }

  private void write(Path file, UnwindTable table, byte[] digest) {
    ByteBuffer bytes =
        ByteBuffer.allocate(HEADER + 8 * table.size() + 4).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(MAGIC).putInt(VERSION).putInt(table.size()).putInt(table.malformed()).put(digest);
    table.copyTo(MemorySegment.ofArray(bytes.array()), HEADER);
    bytes.putInt(bytes.capacity() - 4, crc(bytes.array(), bytes.capacity() - 4));
    try {
      Path temporary = Files.createTempFile(file.getParent(), "new", UNFINISHED);
      try {
        Files.write(temporary, bytes.array());
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(temporary);
      }
      trim(file.getParent());
    } catch (IOException e) {
      // The next run builds it again.
    }
  }

  /** Removes the files longest unchanged until the rest is within bounds. */
  private static void trim(Path directory) throws IOException {
    record Kept(Path path, long size, long time) {}
    List<Kept> files;
    try (Stream<Path> paths = Files.list(directory)) {
      files =
          paths
              .filter(p -> p.toString().endsWith(TABLE) || p.toString().endsWith(UNFINISHED))
              .map(p -> new Kept(p, p.toFile().length(), p.toFile().lastModified()))
              .sorted(Comparator.comparingLong(Kept::time))
              .toList();
    }
    long total = files.stream().mapToLong(Kept::size).sum();
    for (Kept kept : files) {
      if (total <= MAX_TOTAL) {
        return;
      }
      Files.deleteIfExists(kept.path());
      total -= kept.size();
    }
  }

  private static boolean isOurs(Path path) throws IOException {
    Object owner = Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    return owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
  }

  private static int crc(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }
}
