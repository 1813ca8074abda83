package org.memstacks.unwind;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.memstacks.elf.ElfException;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.ProgramHeader;
import org.memstacks.elf.Section;

/**
 * The .eh_frame of an object.
 *
 * @param bytes of the section
 * @param address at which it would be loaded, before the load bias
 */
record EhFrame(MemorySegment bytes, long address) {
  /** A larger one is refused; those of browsers have 50 MB. */
  private static final long MAX_SIZE = 256L << 20;

  /** Version, three encodings, and the first pointer of .eh_frame_hdr. */
  private static final int HEADER_SIZE = 12;

  /**
   * By its section header, or, where those were stripped, by the pointer in .eh_frame_hdr. The
   * search table of that header is not used: it says nothing the frames themselves do not, and may
   * lie.
   */
  static Optional<EhFrame> of(ElfFile elf) throws IOException {
    Optional<Section> section = elf.section(".eh_frame").filter(Section::hasPlainContents);
    if (section.isPresent()) {
      requireSize(elf, section.get().size());
      return Optional.of(new EhFrame(elf.contents(section.get()), section.get().address()));
    }
    for (ProgramHeader segment : elf.segments()) {
      if (segment.type() == ProgramHeader.PT_GNU_EH_FRAME) {
        long address = pointed(elf, segment);
        MemorySegment rest = elf.bytesAt(address, MAX_SIZE);
        return Optional.of(new EhFrame(rest, address));
      }
    }
    return Optional.empty();
  }

  private static long pointed(ElfFile elf, ProgramHeader header) throws IOException {
    MemorySegment bytes = elf.bytesAt(header.address(), HEADER_SIZE);
    CfiCursor cursor = new CfiCursor(bytes, header.address());
    try {
      if (cursor.u8() != 1) {
        throw new MalformedCfi(".eh_frame_hdr is of an unknown version");
      }
      int encoding = cursor.u8();
      cursor.skip(2);
      return cursor.pointer(encoding);
    } catch (MalformedCfi e) {
      throw new ElfException(elf.name() + ": " + e.getMessage());
    }
  }

  private static void requireSize(ElfFile elf, long size) throws ElfException {
    if (size > MAX_SIZE) {
      throw new ElfException(elf.name() + ": .eh_frame has " + size + " bytes, too many");
    }
  }
}
