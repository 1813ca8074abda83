package org.memstacks.symbol;

/**
 * Bytes that may still be read for one process, over all its objects: it may map any number of huge
 * sparse files, which cost it nothing.
 */
final class Budget {
  private long left;

  Budget(long bytes) {
    left = bytes;
  }

  /** Whether that much is still there; if so, it is taken. */
  boolean take(long bytes) {
    if (bytes < 0 || bytes > left) {
      return false;
    }
    left -= bytes;
    return true;
  }
}
