package org.memstacks.flamegraph.tree;

/** The input exceeds what a tree can hold exactly: a sum beyond 2^63, too many names or frames. */
public final class TreeLimitException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public TreeLimitException(String message) {
    super(message);
  }
}
