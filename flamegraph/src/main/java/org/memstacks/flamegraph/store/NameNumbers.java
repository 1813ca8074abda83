package org.memstacks.flamegraph.store;

import java.util.Arrays;
import org.memstacks.flamegraph.tree.StackTree;

/**
 * Numbers of names in a store, the common ones first; of equally common ones in an order that
 * depends on their bytes alone, so that an input always gives the same file.
 */
final class NameNumbers {
  private final int[] nameOf;
  private final int[] numberOf;

  private NameNumbers(int[] nameOf) {
    this.nameOf = nameOf;
    numberOf = new int[nameOf.length];
    for (int number = 0; number < nameOf.length; number++) {
      numberOf[nameOf[number]] = number;
    }
  }

  static NameNumbers of(StackTree stacks) {
    long[] order = new long[stacks.names().size()];
    for (int name = 0; name < order.length; name++) {
      order[name] = (long) stacks.names().hash(name) << 32 | name;
    }
    Arrays.sort(order);
    int[] frequency = new int[order.length];
    for (int node = 1; node < stacks.size(); node++) {
      frequency[stacks.name(node)]++;
    }
    int[] byHash = new int[order.length];
    for (int place = 0; place < order.length; place++) {
      byHash[place] = (int) order[place];
      order[place] = (long) -frequency[byHash[place]] << 32 | place;
    }
    Arrays.sort(order);
    int[] names = new int[order.length];
    for (int number = 0; number < names.length; number++) {
      names[number] = byHash[(int) order[number]];
    }
    return new NameNumbers(names);
  }

  /** The names' numbers in the tree, in the order of their numbers here. */
  int[] names() {
    return nameOf;
  }

  /** The number here of a name of the tree. */
  int of(int name) {
    return numberOf[name];
  }
}
