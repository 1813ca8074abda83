package org.memstacks.collect;

/**
 * An executable mapping and the module it shows.
 *
 * @param start address
 * @param end address, exclusive
 * @param bias what to subtract from an address to get one as the module states it
 */
record CodeArea(long start, long end, long bias, CodeModule module) {
  /** Whether the module is an object, and not code of unknown origin. */
  boolean isDescribed() {
    return module != CodeModule.UNDESCRIBED;
  }
}
