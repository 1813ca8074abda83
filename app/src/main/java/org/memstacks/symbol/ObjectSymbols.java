package org.memstacks.symbol;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.SymbolTable;

/** The names of one object; its tables are read when the first name is asked for. */
final class ObjectSymbols implements AutoCloseable {
  private final ElfFile elf;
  private final List<String> problems = new ArrayList<>();
  private FunctionTable functions;

  ObjectSymbols(ElfFile elf) {
    this.elf = elf;
  }

  ElfFile elf() {
    return elf;
  }

  FunctionTable functions() {
    if (functions == null) {
      functions = FunctionTable.of(elf.segments(), sources());
    }
    return functions;
  }

  /** What of it could not be read. */
  List<String> problems() {
    return problems;
  }

  private List<SymbolSource> sources() {
    List<SymbolSource> sources = new ArrayList<>();
    add(sources, elf::symtab, true);
    add(sources, elf::dynsym, false);
    return sources;
  }

  private void add(List<SymbolSource> sources, TableReader reader, boolean full) {
    try {
      reader.read().ifPresent(t -> sources.add(new SymbolSource(t, elf.sections(), full)));
    } catch (IOException e) {
      problems.add(e.getMessage());
    }
  }

  @Override
  public void close() throws IOException {
    elf.close();
  }

  private interface TableReader {
    Optional<SymbolTable> read() throws IOException;
  }
}
