package org.memstacks.elf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An ELF64 little-endian object of x86-64 or aarch64 (System V gABI, chapters 4 and 5). Headers are
 * read when it is opened, contents when they are asked for. Whatever the bytes say, the outcome is
 * a value or an {@link ElfException}, and no more memory is taken than the file has bytes.
 *
 * <p>Safe for use by several threads until closed; segments handed out end with it.
 */
public final class ElfFile implements AutoCloseable {
  public static final int EM_X86_64 = 62;
  public static final int EM_AARCH64 = 183;

  private static final int ET_EXEC = 2;
  private static final int ET_DYN = 3;
  private static final int HEADER_SIZE = 64;
  private static final int PROGRAM_HEADER_SIZE = 56;
  private static final int SECTION_HEADER_SIZE = 64;
  private static final int PN_XNUM = 0xffff;
  private static final int SHN_XINDEX = 0xffff;
  private static final int MAX_HEADERS = 1 << 16;
  private static final int MAX_SECTION_NAME = 256;
  private static final long PAGE = 4096;

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final ElfImage image;
  private final int type;
  private final int machine;
  private final long entry;
  private final List<ProgramHeader> segments;
  private final List<Section> sections;
  private final Map<Section, MemorySegment> contents = new IdentityHashMap<>();
  private List<Section> linked;

  private ElfFile(ElfImage image) throws IOException {
    this.image = image;
    if (image.size() < HEADER_SIZE) {
      throw error("is too short for ELF (%d bytes)".formatted(image.size()));
    }
    MemorySegment header = image.bytes(0, HEADER_SIZE, "the ELF header");
    if (header.get(INT, 0) != 0x464c457f) {
      throw new NotElfException(image.name() + ": is not ELF");
    }
    if (header.get(ValueLayout.JAVA_BYTE, 4) != 2 || header.get(ValueLayout.JAVA_BYTE, 5) != 1) {
      throw error("is not 64-bit little-endian ELF");
    }
    type = header.get(SHORT, 16) & 0xffff;
    machine = header.get(SHORT, 18) & 0xffff;
    if (machine != EM_X86_64 && machine != EM_AARCH64) {
      throw error("is for machine %d, neither x86-64 nor aarch64".formatted(machine));
    }
    entry = header.get(LONG, 24);
    long sectionOffset = header.get(LONG, 40);
    MemorySegment first = null;
    if (sectionOffset != 0) {
      requireEntrySize(header.get(SHORT, 58) & 0xffff, SECTION_HEADER_SIZE, "section");
      first = image.bytes(sectionOffset, SECTION_HEADER_SIZE, "the first section header");
    }
    segments = readSegments(header, first);
    sections = first == null ? List.of() : readSections(header, sectionOffset, first);
  }

  /**
   * Opens a file by a path of our own choosing; objects of a traced process are opened by {@code
   * org.memstacks.target}, which does not trust the path.
   */
  public static ElfFile open(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new ElfException(path + ": is not a regular file");
    }
    return open(FileChannel.open(path, StandardOpenOption.READ), path.toString());
  }

  /** Takes over the channel: it is closed with this object, or at once when this throws. */
  public static ElfFile open(FileChannel channel, String name) throws IOException {
    return open(channel, FileState.CONSTANT, name);
  }

  /**
   * As {@link #open(FileChannel, String)}, for a file that may be written to while it is open:
   * nothing is read of it any more then. Takes over both.
   */
  public static ElfFile open(FileChannel channel, FileState state, String name) throws IOException {
    try {
      return closingOnFailure(ElfImage.of(channel, state, name));
    } catch (IOException | RuntimeException e) {
      channel.close();
      state.close();
      throw e;
    }
  }

  /** An object already in memory (the vDSO, a decompressed .gnu_debugdata). */
  public static ElfFile of(MemorySegment bytes, String name) throws IOException {
    return closingOnFailure(ElfImage.of(bytes, name));
  }

  private static ElfFile closingOnFailure(ElfImage image) throws IOException {
    try {
      return new ElfFile(image);
    } catch (IOException | RuntimeException e) {
      image.close();
      throw e;
    }
  }

  /** The name it was opened by, for messages. */
  public String name() {
    return image.name();
  }

  /** Bytes in the file. */
  public long size() {
    return image.size();
  }

  /** Whether the file was written to since it was opened, so that no more can be read of it. */
  public boolean hasChanged() {
    return image.hasChanged();
  }

  public int machine() {
    return machine;
  }

  /** The virtual address at which the program begins (e_entry); 0 when it has none. */
  public long entry() {
    return entry;
  }

  /** Whether it runs at the addresses it states (ET_EXEC), so that its load bias is 0. */
  public boolean isFixed() {
    return type == ET_EXEC;
  }

  /** Whether it is an executable or a shared object, not a relocatable file or a core. */
  public boolean isLoadable() {
    return type == ET_EXEC || type == ET_DYN;
  }

  public List<ProgramHeader> segments() {
    return segments;
  }

  public List<Section> sections() {
    return sections;
  }

  /**
   * The sections among which those for dynamic linking are: all, or, of a file without section
   * headers, those alone, told by its program headers.
   *
   * @throws ElfException when these tell what cannot be
   */
  public List<Section> linkedSections() throws IOException {
    if (!sections.isEmpty()) {
      return sections;
    }
    synchronized (contents) {
      if (linked == null) {
        linked = DynamicSections.of(image, segments);
      }
      return linked;
    }
  }

  /** The first section of this name. */
  public Optional<Section> section(String name) {
    return sections.stream().filter(s -> s.name().equals(name)).findFirst();
  }

  /**
   * The bytes of a section, read-only; empty for one without contents in the file. Read once and
   * kept.
   *
   * @throws ElfException when it leaves the file or is compressed
   */
  public MemorySegment contents(Section section) throws IOException {
    synchronized (contents) {
      MemorySegment known = contents.get(section);
      if (known != null) {
        return known;
      }
      if (section.type() != Section.SHT_NOBITS && !section.hasPlainContents()) {
        throw error("section " + section.name() + " is compressed");
      }
      long size = section.type() == Section.SHT_NOBITS ? 0 : section.size();
      MemorySegment bytes = image.bytes(section.offset(), size, "section " + section.name());
      contents.put(section, bytes);
      return bytes;
    }
  }

  /**
   * All bytes of the file, for a library that wants them at once; ends with this object.
   *
   * @throws ElfException when there are more than {@code limit}, or more than half a GiB
   */
  public MemorySegment image(long limit) throws IOException {
    if (image.size() > limit) {
      throw error("is too large to be read as a whole (%d bytes)".formatted(image.size()));
    }
    return image.bytes(0, image.size(), "the whole");
  }

  /** Up to {@code length} bytes from this virtual address on, ending where its segment ends. */
  public MemorySegment bytesAt(long vaddr, long length) throws IOException {
    for (ProgramHeader s : segments) {
      if (s.isLoad() && s.fileCovers(vaddr)) {
        long inSegment = vaddr - s.address();
        return image.bytes(
            s.offset() + inSegment, Math.min(length, s.fileSize() - inSegment), "a segment");
      }
    }
    throw error("no segment holds address %#x".formatted(vaddr));
  }

  /** The build ID in lower-case hexadecimal (gabi note NT_GNU_BUILD_ID), if it has one. */
  public Optional<String> buildId() throws IOException {
    for (Section s : sections) {
      if (s.type() == Section.SHT_NOTE && s.hasPlainContents()) {
        Optional<String> id = Notes.buildId(contents(s));
        if (id.isPresent()) {
          return id;
        }
      }
    }
    for (ProgramHeader s : segments) {
      if (s.type() == ProgramHeader.PT_NOTE) {
        long size = Math.min(s.fileSize(), Notes.MAX_SIZE);
        Optional<String> id = Notes.buildId(image.bytes(s.offset(), size, "a note"));
        if (id.isPresent()) {
          return id;
        }
      }
    }
    return Optional.empty();
  }

  /** The name of the file its debug data was moved to, if it states one. */
  public Optional<DebugLink> debugLink() throws IOException {
    Optional<Section> section = section(".gnu_debuglink");
    return section.isEmpty() ? Optional.empty() : DebugLink.of(contents(section.get()));
  }

  /** The file with what its debug data has in common with other files', if it states one. */
  public Optional<SharedDebugLink> sharedDebugLink() throws IOException {
    Optional<Section> section = section(".gnu_debugaltlink");
    return section.isEmpty() ? Optional.empty() : SharedDebugLink.of(contents(section.get()));
  }

  /** The full symbol table, which strip removes. */
  public Optional<SymbolTable> symtab() throws IOException {
    return symbols(Section.SHT_SYMTAB);
  }

  /** The table of the symbols other objects see. */
  public Optional<SymbolTable> dynsym() throws IOException {
    return symbols(Section.SHT_DYNSYM);
  }

  /** A defined symbol by its name: .dynsym before .symtab, global before local. */
  public Optional<Symbol> symbol(String name) throws IOException {
    for (int kind : new int[] {Section.SHT_DYNSYM, Section.SHT_SYMTAB}) {
      Optional<SymbolTable> table = symbols(kind);
      int index = table.isPresent() ? table.get().find(name) : -1;
      if (index >= 0) {
        return Optional.of(table.get().symbol(index));
      }
    }
    return Optional.empty();
  }

  /** Where in the file the byte at this virtual address lies (what a uprobe is attached to). */
  public OptionalLong fileOffset(long vaddr) {
    for (ProgramHeader s : segments) {
      if (s.isLoad() && s.fileCovers(vaddr)) {
        return OptionalLong.of(vaddr - s.address() + s.offset());
      }
    }
    return OptionalLong.empty();
  }

  /** The virtual address of the byte at this file offset, an executable segment's first. */
  public OptionalLong address(long fileOffset) {
    OptionalLong other = OptionalLong.empty();
    for (ProgramHeader s : segments) {
      if (s.isLoad() && s.coversOffset(fileOffset)) {
        OptionalLong address = OptionalLong.of(fileOffset - s.offset() + s.address());
        if (s.isExecutable()) {
          return address;
        }
        other = other.isPresent() ? other : address;
      }
    }
    return other;
  }

  /**
   * What to add to a virtual address of this object to get one of the process, from one of its
   * executable mappings. Empty when no executable segment can have been mapped that way. A mapping
   * begins at a page boundary and so up to a page before the segment it shows.
   */
  public OptionalLong loadBias(long mappingStart, long mappingOffset) {
    return loadBias(segments, mappingStart, mappingOffset);
  }

  /** As {@link #loadBias(long, long)}, for segments of an object that may have been closed. */
  public static OptionalLong loadBias(
      List<ProgramHeader> segments, long mappingStart, long mappingOffset) {
    for (ProgramHeader s : segments) {
      if (s.isLoad()
          && s.isExecutable()
          && (s.coversOffset(mappingOffset) || (s.offset() & -PAGE) == mappingOffset)) {
        return OptionalLong.of(mappingStart - mappingOffset + s.offset() - s.address());
      }
    }
    return OptionalLong.empty();
  }

  @Override
  public void close() throws IOException {
    image.close();
  }

  private Optional<SymbolTable> symbols(int kind) throws IOException {
    List<Section> among = kind == Section.SHT_DYNSYM ? linkedSections() : sections;
    for (Section s : among) {
      if (s.type() == kind) {
        requireEntrySize(s.entrySize(), SymbolTable.ENTRY_SIZE, "symbol");
        if (s.link() <= 0 || s.link() >= among.size()) {
          throw error(
              "section %s names string table %d of %d".formatted(s.name(), s.link(), among.size()));
        }
        return Optional.of(new SymbolTable(contents(s), contents(among.get(s.link()))));
      }
    }
    return Optional.empty();
  }

  private List<ProgramHeader> readSegments(MemorySegment header, MemorySegment firstSection)
      throws IOException {
    long offset = header.get(LONG, 32);
    long count = header.get(SHORT, 56) & 0xffff;
    if (count == PN_XNUM && firstSection != null) {
      count = firstSection.get(INT, 44) & 0xffffffffL;
    }
    if (offset == 0 || count == 0) {
      return List.of();
    }
    requireEntrySize(header.get(SHORT, 54) & 0xffff, PROGRAM_HEADER_SIZE, "program");
    requireCount(count, "program");
    MemorySegment table =
        image.bytes(offset, count * PROGRAM_HEADER_SIZE, "the program header table");
    List<ProgramHeader> result = new ArrayList<>((int) count);
    for (long at = 0; at < table.byteSize(); at += PROGRAM_HEADER_SIZE) {
      result.add(
          new ProgramHeader(
              table.get(INT, at),
              table.get(INT, at + 4),
              table.get(LONG, at + 8),
              table.get(LONG, at + 16),
              table.get(LONG, at + 32),
              table.get(LONG, at + 40)));
    }
    return List.copyOf(result);
  }

  private List<Section> readSections(MemorySegment header, long offset, MemorySegment first)
      throws IOException {
    long count = header.get(SHORT, 60) & 0xffff;
    if (count == 0) {
      count = first.get(LONG, 32);
    }
    requireCount(count, "section");
    MemorySegment table =
        image.bytes(offset, count * SECTION_HEADER_SIZE, "the section header table");
    int namesIndex = header.get(SHORT, 62) & 0xffff;
    if (namesIndex == SHN_XINDEX) {
      namesIndex = first.get(INT, 40);
    }
    MemorySegment names = MemorySegment.NULL;
    if (namesIndex > 0 && namesIndex < count) {
      long at = (long) namesIndex * SECTION_HEADER_SIZE;
      names = image.bytes(table.get(LONG, at + 24), table.get(LONG, at + 32), "section names");
    }
    List<Section> result = new ArrayList<>((int) count);
    for (int i = 0; i < count; i++) {
      long at = (long) i * SECTION_HEADER_SIZE;
      result.add(
          new Section(
              i,
              StringTable.latin1(names, table.get(INT, at) & 0xffffffffL, MAX_SECTION_NAME),
              table.get(INT, at + 4),
              table.get(LONG, at + 8),
              table.get(LONG, at + 16),
              table.get(LONG, at + 24),
              table.get(LONG, at + 32),
              table.get(INT, at + 40),
              table.get(LONG, at + 56)));
    }
    return List.copyOf(result);
  }

  private void requireEntrySize(long stated, int expected, String what) throws ElfException {
    if (stated != expected) {
      throw error("%s entries of %d bytes instead of %d".formatted(what, stated, expected));
    }
  }

  private void requireCount(long count, String what) throws ElfException {
    if (count < 0 || count > MAX_HEADERS) {
      throw error("states %d %s headers".formatted(count, what));
    }
  }

  private ElfException error(String what) {
    return new ElfException(image.name() + ": " + what);
  }
}
