package org.memstacks.symbol;

import java.util.List;
import org.memstacks.elf.Section;
import org.memstacks.elf.SymbolTable;

/**
 * One symbol table that describes an object.
 *
 * @param table of the object itself or of a file that belongs to it
 * @param sections of the file the table lies in
 * @param full whether it lists every function, not only those other objects see
 */
record SymbolSource(SymbolTable table, List<Section> sections, boolean full) {}
