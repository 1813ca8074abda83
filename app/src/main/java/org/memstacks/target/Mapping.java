package org.memstacks.target;

import java.nio.charset.StandardCharsets;

/**
 * One line of /proc/PID/maps (proc(5)): addresses [start, end), compared unsigned.
 *
 * @param protection combination of {@link #READ}, {@link #WRITE}, {@link #EXECUTE}, {@link #SHARED}
 * @param offset in the file of the byte at {@code start}
 * @param device major number times 2^20 plus the minor one, as maps shows it
 * @param inode 0 when no file is mapped
 * @param rawName what stands at the line's end, one character per byte, the kernel's {@code \012}
 *     for a newline undone and " (deleted)" taken off; a path, [heap], [vdso], or empty
 * @param deleted whether the file had been unlinked
 * @param version how often the file was seen to be overwritten in place: with each time it is
 *     another object
 */
public record Mapping(
    long start,
    long end,
    int protection,
    long offset,
    long device,
    long inode,
    String rawName,
    boolean deleted,
    int version) {
  public Mapping(
      long start,
      long end,
      int protection,
      long offset,
      long device,
      long inode,
      String rawName,
      boolean deleted) {
    this(start, end, protection, offset, device, inode, rawName, deleted, 0);
  }

  public static final int READ = 4;
  public static final int WRITE = 2;
  public static final int EXECUTE = 1;
  public static final int SHARED = 8;

  public boolean isExecutable() {
    return (protection & EXECUTE) != 0;
  }

  public boolean contains(long address) {
    return Long.compareUnsigned(address - start, end - start) < 0;
  }

  /** Whether a file lies behind it that can be opened. */
  public boolean isFile() {
    return inode != 0 && rawName.startsWith("/");
  }

  public boolean isVdso() {
    return rawName.equals("[vdso]");
  }

  /** Whether both map the same file, by whatever name. */
  public boolean isOfSameFile(Mapping other) {
    return inode != 0 && inode == other.inode && device == other.device;
  }

  /** The same for all mappings of one object, different for others. */
  public String objectKey() {
    return device + " " + inode + " " + rawName + " " + version;
  }

  /** The same mapping, of the file as it was overwritten for that time. */
  Mapping withVersion(int newVersion) {
    return newVersion == version
        ? this
        : new Mapping(start, end, protection, offset, device, inode, rawName, deleted, newVersion);
  }

  /** The name decoded as UTF-8, malformed bytes replaced. */
  public String name() {
    return new String(rawName.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  /** The name's last component: libc.so.6 of /usr/lib/x86_64-linux-gnu/libc.so.6. */
  public String moduleName() {
    String name = name();
    return name.substring(name.lastIndexOf('/') + 1);
  }
}
