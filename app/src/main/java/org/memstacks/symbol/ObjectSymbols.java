package org.memstacks.symbol;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.GoFunctions;
import org.memstacks.elf.Section;
import org.memstacks.elf.SharedDebugLink;
import org.memstacks.elf.SymbolTable;

/**
 * The names of one object; its tables are read when the first name is asked for. The object's own
 * .symtab lists every function; where it was stripped, the tables of .gnu_debugdata and of the
 * separate debug file do, beside .dynsym.
 */
final class ObjectSymbols implements AutoCloseable {
  private final ElfFile elf;
  private final DebugFiles debugFiles;
  private final String rawPath;
  private final Budget budget;
  private final List<ElfFile> others = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private FunctionTable functions;
  private String[] names;
  private Optional<ElfFile> debugFile;
  private Optional<DebugInfo> debugInfo;

  /**
   * @param rawPath of the object, as {@link DebugFiles#find} takes it
   * @param budget for everything read of it beyond its headers
   */
  ObjectSymbols(ElfFile elf, DebugFiles debugFiles, String rawPath, Budget budget) {
    this.elf = elf;
    this.debugFiles = debugFiles;
    this.rawPath = rawPath;
    this.budget = budget;
  }

  ElfFile elf() {
    return elf;
  }

  /** Whether no table lists its functions that other objects do not see. */
  boolean isStripped() {
    boolean full =
        elf.sections().stream().anyMatch(s -> s.type() == Section.SHT_SYMTAB)
            || elf.section(".gnu_debugdata").isPresent();
    return !full && debugFile().isEmpty();
  }

  FunctionTable functions() {
    if (functions == null) {
      functions = FunctionTable.of(elf.segments(), sources());
    }
    return functions;
  }

  /**
   * The demangled name of one of {@link #functions}; the same object each time.
   *
   * @param kept for the names' texts, as long as this is used
   * @return empty when there is no room for it
   */
  Optional<String> name(int function, Demangler demangler, Budget kept) {
    if (names == null) {
      names = new String[functions().size()];
    }
    if (names[function] == null) {
      String name = demangler.demangle(functions().name(function));
      if (!kept.take(name.length())) {
        return Optional.empty();
      }
      names[function] = name;
    }
    return Optional.of(names[function]);
  }

  /** What the compiler recorded of inlining and lines; read when first asked for. */
  Optional<DebugInfo> debugInfo(LibDw library) {
    if (debugInfo == null) {
      debugInfo = Optional.empty();
      try {
        Optional<ElfFile> file =
            DebugInfo.isIn(elf) ? Optional.of(elf) : debugFile().filter(DebugInfo::isIn);
        if (file.isPresent() && !budget.take(file.get().size())) {
          problems.add(file.get().name() + ": its debug data is too large to be read");
        } else if (file.isPresent()) {
          debugInfo = Optional.of(DebugInfo.open(library, file.get(), shared(file.get())));
          if (debugInfo.get().isSplit()) {
            problems.add(
                file.get().name()
                    + ": part of its debug data is in .dwo files (-gsplit-dwarf), which are not"
                    + " read: inlined calls are missing");
          }
        }
      } catch (IOException e) {
        problems.add(e.getMessage());
      }
    }
    return debugInfo;
  }

  /** What a debug file has in common with others. */
  private Optional<ElfFile> shared(ElfFile file) throws IOException {
    Optional<SharedDebugLink> link = file.sharedDebugLink();
    Optional<ElfFile> shared = link.flatMap(debugFiles::find);
    shared.ifPresent(others::add);
    if (link.isPresent() && (shared.isEmpty() || !budget.take(shared.get().size()))) {
      problems.add(
          "%s: part of its debug data is in %s, which %s: names of inlined calls are missing"
              .formatted(
                  file.name(),
                  link.get().path(),
                  shared.isEmpty() ? "is not there" : "is too large to be read"));
      return Optional.empty();
    }
    return shared;
  }

  /** What of it could not be read. */
  List<String> problems() {
    return problems;
  }

  private List<SymbolSource> sources() {
    List<SymbolSource> sources = new ArrayList<>();
    add(sources, elf, elf::symtab, true);
    boolean full = !sources.isEmpty();
    add(sources, elf, elf::dynsym, false);
    if (!full) {
      try {
        Optional<ElfFile> mini = MiniDebugInfo.open(elf);
        mini.ifPresent(others::add);
        mini.ifPresent(m -> add(sources, m, m::symtab, true));
      } catch (IOException e) {
        problems.add(e.getMessage());
      }
      debugFile().ifPresent(d -> add(sources, d, d::symtab, true));
      addGoFunctions(sources);
    }
    return sources;
  }

  /** What a stripped Go program still says of itself. */
  private void addGoFunctions(List<SymbolSource> sources) {
    long bytes = elf.section(".gopclntab").map(Section::size).orElse(0L);
    if (bytes > 0 && !budget.take(4 * bytes)) {
      problems.add(elf.name() + ": its table of Go functions is too large to be read");
      return;
    }
    try {
      GoFunctions.of(elf).ifPresent(t -> sources.add(new SymbolSource(t, List.of(), true)));
    } catch (IOException e) {
      problems.add(e.getMessage());
    }
  }

  private Optional<ElfFile> debugFile() {
    if (debugFile == null) {
      debugFile = Optional.empty();
      try {
        debugFile = debugFiles.find(elf, rawPath);
        debugFile.ifPresent(others::add);
      } catch (IOException e) {
        problems.add(e.getMessage());
      }
    }
    return debugFile;
  }

  private void add(List<SymbolSource> sources, ElfFile file, TableReader reader, boolean full) {
    try {
      long bytes = 0;
      for (Section s : file.linkedSections()) {
        boolean read = s.type() == Section.SHT_SYMTAB || s.type() == Section.SHT_DYNSYM;
        bytes += (read || s.type() == Section.SHT_STRTAB) && s.size() > 0 ? s.size() : 0;
      }
      if (!budget.take(bytes)) {
        problems.add(file.name() + ": its symbol tables are too large to be read");
        return;
      }
      reader.read().ifPresent(t -> sources.add(new SymbolSource(t, file.sections(), full)));
    } catch (IOException e) {
      problems.add(e.getMessage());
    }
  }

  @Override
  public void close() throws IOException {
    if (debugInfo != null) {
      debugInfo.ifPresent(DebugInfo::close);
    }
    for (ElfFile other : others) {
      other.close();
    }
    elf.close();
  }

  private interface TableReader {
    Optional<SymbolTable> read() throws IOException;
  }
}
