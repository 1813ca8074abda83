package org.memstacks.flamegraph.tree;

/** Joins trees that were built apart. */
public final class TreeMerge {
  private TreeMerge() {}

  /**
   * Adds the tree with less room to the one with more and returns that; the other must not be used
   * any more. What is below a path that the larger tree does not have is appended without looking
   * for it.
   */
  public static StackTree of(StackTree a, StackTree b) {
    StackTree into = a.path.length >= b.path.length ? a : b;
    StackTree from = into == a ? b : a;
    into.raiseScale(from.scale());
    from.raiseScale(into.scale());
    int[] names = new int[from.names.size()];
    for (int id = 0; id < names.length; id++) {
      names[id] = into.names.internFrom(from.names, id);
    }
    int[] nodes = new int[from.size];
    int known = into.size;
    into.index();
    into.reserve((long) into.size + from.size);
    for (int node = 1; node < from.size; node++) {
      int parent = nodes[from.parent(node)];
      int name = names[from.name(node)];
      // Paths of one tree differ, so what is appended here is not looked for.
      int target = parent < known ? into.find(parent, name) : 0;
      nodes[node] = target == 0 ? into.append(parent, name) : target;
    }
    into.addCounts(from, nodes);
    return into;
  }
}
