package org.memstacks.collect;

import static org.memstacks.collect.AllocatorFunction.aligned;
import static org.memstacks.collect.AllocatorFunction.allocation;
import static org.memstacks.collect.AllocatorFunction.freeing;
import static org.memstacks.collect.AllocatorFunction.into;
import static org.memstacks.collect.AllocatorFunction.product;
import static org.memstacks.collect.AllocatorFunction.reallocation;
import static org.memstacks.collect.AllocatorFunction.resizing;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.memstacks.bpf.Layouts.Hook;

/**
 * The allocation functions that are known by name: those of C, of C++, and what allocators offer
 * besides, under each prefix they are built with. Prototypes from malloc(3), the C++ standard
 * (new.delete), jemalloc(3), gperftools' tcmalloc.h and mimalloc.h.
 */
final class AllocatorCatalog {
  /** Under which names allocators are built into programs that have another one, too. */
  private static final List<String> PREFIXES = List.of("je_", "_rjem_", "tc_", "mi_");

  /** Names without a prefix that an allocator defines together: jemalloc's, and those of C23. */
  private static final List<Set<String>> FAMILIES =
      List.of(
          Set.of("mallocx", "rallocx", "xallocx", "dallocx", "sdallocx"),
          Set.of("free_sized", "free_aligned_sized"));

  /** Names without a prefix that mimalloc defines beside its own. */
  private static final Set<String> OF_MIMALLOC = Set.of("_aligned_malloc", "vfree", "reallocf");

  /** What takes memory of mimalloc as well, by a size that no argument tells. */
  private static final Set<String> UNTRACED =
      Set.of(
          "mi_strdup",
          "mi_strndup",
          "mi_realpath",
          "mi_wcsdup",
          "mi_mbsdup",
          "mi_dupenv_s",
          "mi_reallocarr",
          "mi_heap_strdup",
          "mi_heap_strndup",
          "mi_heap_realpath");

  private static final String ANCHOR = "malloc";

  private final Map<String, AllocatorFunction> standard = new LinkedHashMap<>();
  private final Map<String, AllocatorFunction> further = new LinkedHashMap<>();
  private final Map<String, AllocatorFunction> operators = new LinkedHashMap<>();
  private final List<String> anchors = new ArrayList<>();

  /**
   * @param prefixes further ones, of the functions of C
   */
  AllocatorCatalog(Collection<String> prefixes) {
    addC(standard, "");
    anchors.add(ANCHOR);
    addC(further, "");
    addOperators();
    addExtensions(further, "");
    addTcmalloc();
    addMimalloc();
    List<String> all = new ArrayList<>(PREFIXES);
    all.addAll(prefixes);
    for (String prefix : all) {
      anchors.add(prefix + ANCHOR);
      Map<String, AllocatorFunction> prefixed = new LinkedHashMap<>();
      addC(prefixed, prefix);
      addExtensions(prefixed, prefix);
      boolean known = PREFIXES.contains(prefix);
      prefixed.values().forEach(function -> put(further, known ? function : function.ofProgram()));
    }
    standard.keySet().forEach(further::remove);
    further.forEach((name, function) -> {
      if (function.isOperator()) {
        operators.put(name, function.ofProgram());
      }
    });
  }

  /** Those that C libraries define: of each the first definition that the linker finds counts. */
  Map<String, AllocatorFunction> standard() {
    return standard;
  }

  /** Those that mean something only in an object that has an anchor. */
  Map<String, AllocatorFunction> further() {
    return further;
  }

  /**
   * The operators of C++ as programs that have no allocator define them: what they do is theirs.
   */
  Map<String, AllocatorFunction> operators() {
    return operators;
  }

  /**
   * Whether a further function means what its name says in an object that defines these. Names that
   * programs have for functions of their own (mallocx, vfree) count only beside others of their
   * family.
   */
  static boolean isCredible(String name, Set<String> defined) {
    for (Set<String> family : FAMILIES) {
      if (family.contains(name)) {
        return defined.containsAll(family);
      }
    }
    return !OF_MIMALLOC.contains(name) || defined.contains("mi_malloc");
  }

  /**
   * Allocation functions that are not traced.
   *
   * @param traced names of those that are; of several with one address, one
   */
  static Set<String> untracedBeside(Set<String> traced) {
    return traced.stream().anyMatch(name -> name.startsWith("mi_")) ? UNTRACED : Set.of();
  }

  /** The functions that make an object an allocator. */
  List<String> anchors() {
    return anchors;
  }

  /** The function whose definition a prefix stands for. */
  static String anchor(String prefix) {
    return prefix + ANCHOR;
  }

  private static void addC(Map<String, AllocatorFunction> to, String prefix) {
    put(to, allocation(prefix + ANCHOR, 1));
    put(to, product(prefix + "calloc", 1, 2));
    put(to, reallocation(prefix + "realloc", 1, 2));
    put(to, reallocation(prefix + "reallocarray", 1, 2, 3));
    put(to, into(prefix + "posix_memalign", 1, 2, 3));
    put(to, aligned(prefix + "aligned_alloc", 1, 2));
    put(to, aligned(prefix + "memalign", 1, 2));
    put(to, allocation(prefix + "valloc", 1));
    put(to, allocation(prefix + "pvalloc", 1));
    put(to, freeing(prefix + "free", 1));
  }

  /** What allocators have beside C's, jemalloc's own included. */
  private static void addExtensions(Map<String, AllocatorFunction> to, String prefix) {
    if (!prefix.isEmpty()) {
      // Plain cfree, which C libraries dropped, is free by another name.
      put(to, freeing(prefix + "cfree", 1));
    }
    put(to, freeing(prefix + "free_sized", 1));
    put(to, freeing(prefix + "free_aligned_sized", 1));
    put(to, reallocation(prefix + "reallocf", 1, 2));
    put(to, allocation(prefix + "mallocx", 1));
    put(to, reallocation(prefix + "rallocx", 1, 2));
    put(to, resizing(prefix + "xallocx", 1, 2));
    put(to, freeing(prefix + "dallocx", 1));
    put(to, freeing(prefix + "sdallocx", 1));
  }

  private void addOperators() {
    for (String array : List.of("", "[]")) {
      String code = array.isEmpty() ? "w" : "a";
      String newName = "operator new" + array + "(unsigned long";
      operator("_Zn" + code + "m", newName + ")", true);
      operator("_Zn" + code + "mRKSt9nothrow_t", newName + ", std::nothrow_t const&)", false);
      operator("_Zn" + code + "mSt11align_val_t", newName + ", std::align_val_t)", true);
      operator(
          "_Zn" + code + "mSt11align_val_tRKSt9nothrow_t",
          newName + ", std::align_val_t, std::nothrow_t const&)",
          false);
      String free = "_Zd" + (array.isEmpty() ? "l" : "a") + "Pv";
      String deleteName = "operator delete" + array + "(void*";
      for (String size : List.of("", "m")) {
        for (String alignment : List.of("", "St11align_val_t")) {
          for (String nothrow : List.of("", "RKSt9nothrow_t")) {
            put(
                further,
                freeing(free + size + alignment + nothrow, 1).named(deleteName + ", ...)"));
          }
        }
      }
    }
  }

  private void operator(String symbol, String declaration, boolean throwing) {
    AllocatorFunction function = allocation(symbol, 1).named(declaration);
    put(further, throwing ? function.thrown() : function);
  }

  private void addTcmalloc() {
    put(further, allocation("tc_malloc_skip_new_handler", 1));
    for (String of : List.of("", "array")) {
      put(further, allocation("tc_new" + of, 1).thrown());
      put(further, allocation("tc_new" + of + "_nothrow", 1));
      put(further, allocation("tc_new" + of + "_aligned", 1).thrown());
      put(further, allocation("tc_new" + of + "_aligned_nothrow", 1));
      for (String how :
          List.of("", "_sized", "_nothrow", "_aligned", "_sized_aligned", "_aligned_nothrow")) {
        put(further, freeing("tc_delete" + of + how, 1));
      }
    }
  }

  private void addMimalloc() {
    for (String aligned : List.of("", "_aligned", "_aligned_at")) {
      for (int heap = 0; heap <= 1; heap++) {
        String mi = heap == 0 ? "mi_" : "mi_heap_";
        put(further, allocation(mi + "malloc" + aligned, heap + 1));
        put(further, allocation(mi + "zalloc" + aligned, heap + 1));
        put(further, product(mi + "calloc" + aligned, heap + 1, heap + 2));
        put(further, reallocation(mi + "realloc" + aligned, heap + 1, heap + 2));
        put(further, reallocation(mi + "rezalloc" + aligned, heap + 1, heap + 2));
        put(further, reallocation(mi + "recalloc" + aligned, heap + 1, heap + 2, heap + 3));
      }
    }
    for (int heap = 0; heap <= 1; heap++) {
      String mi = heap == 0 ? "mi_" : "mi_heap_";
      put(further, allocation(mi + "malloc_small", heap + 1));
      put(further, product(mi + "mallocn", heap + 1, heap + 2));
      put(further, reallocation(mi + "reallocn", heap + 1, heap + 2, heap + 3));
      put(further, reallocation(mi + "reallocf", heap + 1, heap + 2));
      put(further, allocation(mi + "alloc_new", heap + 1).thrown());
      put(further, product(mi + "alloc_new_n", heap + 1, heap + 2).thrown());
    }
    put(further, allocation("mi_zalloc_small", 1));
    put(further, resizing("mi_expand", 1, 2));
    put(further, resizing("mi__expand", 1, 2));
    put(further, allocation("mi_new", 1).thrown());
    put(further, product("mi_new_n", 1, 2).thrown());
    put(further, allocation("mi_new_nothrow", 1));
    put(further, allocation("mi_new_aligned", 1).thrown());
    put(further, allocation("mi_new_aligned_nothrow", 1));
    put(further, reallocation("mi_new_realloc", 1, 2).thrown());
    put(further, reallocation("mi_new_reallocn", 1, 2, 3).thrown());
    put(further, reallocation("mi_aligned_recalloc", 1, 2, 3));
    put(further, reallocation("mi_aligned_offset_recalloc", 1, 2, 3));
    put(further, allocation("_aligned_malloc", 1));
    put(further, freeing("mi_free_size", 1));
    put(further, freeing("mi_free_size_aligned", 1));
    put(further, freeing("mi_free_aligned", 1));
    put(further, freeing("vfree", 1));
  }

  private static void put(Map<String, AllocatorFunction> to, AllocatorFunction function) {
    to.putIfAbsent(function.symbol(), function);
  }

  /** What is known of a function beyond its arguments. */
  static long flags(AllocatorFunction function) {
    return function.symbol().endsWith("reallocf") ? Hook.FREES_ON_FAILURE : 0;
  }
}
