package org.memstacks.collect;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.memstacks.bpf.Layouts.CodeMapping;
import org.memstacks.bpf.Layouts.Control;

/**
 * The code of a process as the BPF programs see it: its executable mappings, and the unwind rows of
 * what is mapped there. Mappings are kept in two sets, of which one is in force; rows are only ever
 * appended, so that a walk under way never reads what is being written.
 */
final class CodeTables {
  private final MemorySegment mappings;
  private final MemorySegment rows;
  private final MemorySegment rowPages;
  private final MemorySegment control;
  private final int maxMappings;
  private final CodeEpochs epochs = new CodeEpochs();

  /* Of these tables: when one way of attaching is refused, the next one fills tables of its own. */
  private final Map<CodeModule, Integer> firstPages = new IdentityHashMap<>();
  private final List<ReplacedCode> replaced = new ArrayList<>();
  private List<CodeArea> published = List.of();
  private int publishedExecs;
  private int usedRows;
  private int usedPages;
  private int leftOut;
  private final Set<CodeModule> unplaced = Collections.newSetFromMap(new IdentityHashMap<>());

  /**
   * The segments are the maps code_mappings, unwind_rows, row_pages and .data.control, shared with
   * the kernel.
   */
  CodeTables(
      MemorySegment mappings,
      MemorySegment rows,
      MemorySegment rowPages,
      MemorySegment control,
      int maxMappings) {
    this.mappings = mappings;
    this.rows = rows;
    this.rowPages = rowPages;
    this.control = control;
    this.maxMappings = maxMappings;
  }

  /**
   * Puts the code in force that the process has now.
   *
   * @param code ascending by address
   * @param execs how often the target had called exec when it was looked at; if meanwhile it has
   *     again, the programs do not use it
   */
  void publish(List<CodeArea> code, int execs) {
    // After an exec nothing is walked by what was there before.
    if (execs == publishedExecs) {
      replaced.addAll(ReplacedCode.between(published, code, epochs.current()));
    }
    published = List.copyOf(code);
    publishedExecs = execs;
    int set = 1 - control.get(JAVA_INT, Control.MAPPING_SET);
    int count = Math.min(code.size(), maxMappings);
    leftOut = Math.max(leftOut, code.size() - count);
    for (int i = 0; i < count; i++) {
      write(code.get(i), ((long) set * maxMappings + i) * CodeMapping.SIZE);
    }
    control.set(JAVA_INT, Control.MAPPING_COUNT + 4L * set, count);
    control.set(JAVA_INT, Control.MAPPING_EPOCH + 4L * set, epochs.see(code));
    control.set(JAVA_INT, Control.MAPPING_SET, set);
    control.set(JAVA_INT, Control.MAPPING_EXECS, execs);
    // At once: the programs change it, too.
    JAVA_INT.varHandle().getAndAdd(control, Control.GENERATION, 1);
  }

  /** The epoch that the code in force belongs to. */
  int epoch() {
    return epochs.current();
  }

  /** Where an object took the place of another one that was in force until then. */
  List<ReplacedCode> replaced() {
    return List.copyOf(replaced);
  }

  /** For what there was no room, and what that does to stacks. */
  List<String> shortages() {
    List<String> shortages = new ArrayList<>();
    if (leftOut > 0) {
      shortages.add(
          leftOut
              + " executable mappings are too many: in them stacks break off (return address outside all code)");
    }
    if (!unplaced.isEmpty()) {
      shortages.add(
          "the unwind tables are full: in "
              + unplaced.size()
              + " objects loaded in the window stacks break off (gap in unwind information)");
    }
    return shortages;
  }

  private void write(CodeArea area, long at) {
    CodeModule module = area.module();
    Integer firstPage = firstPages.get(module);
    if (firstPage == null && module.hasRows()) {
      firstPage = place(module);
    }
    mappings.set(JAVA_LONG, at + CodeMapping.START, area.start());
    mappings.set(JAVA_LONG, at + CodeMapping.END, area.end());
    mappings.set(JAVA_LONG, at + CodeMapping.BIAS, area.bias());
    mappings.set(JAVA_INT, at + CodeMapping.FIRST_ROW_PAGE, firstPage == null ? 0 : firstPage);
    mappings.set(JAVA_INT, at + CodeMapping.ROW_PAGES, firstPage == null ? 0 : module.pages());
    mappings.set(JAVA_INT, at + CodeMapping.BASE, module.base());
    mappings.set(
        JAVA_INT,
        at + CodeMapping.KIND,
        module.hasRows() ? CodeMapping.ROWS : CodeMapping.FRAME_POINTER);
  }

  /** Where its pages begin in the map row_pages; null when there is no room. */
  private Integer place(CodeModule module) {
    boolean fits =
        (long) (usedRows + module.rows()) * CodeMapping.ROW_BYTES <= rows.byteSize()
            && (long) (usedPages + module.pages()) * CodeMapping.ROW_PAGE_BYTES
                <= rowPages.byteSize();
    if (!fits) {
      unplaced.add(module);
      return null;
    }
    int firstPage = usedPages;
    module.copyTo(rows, usedRows, rowPages, firstPage);
    firstPages.put(module, firstPage);
    usedRows += module.rows();
    usedPages += module.pages();
    return firstPage;
  }
}
