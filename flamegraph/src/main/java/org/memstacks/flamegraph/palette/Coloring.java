package org.memstacks.flamegraph.palette;

/** How a name finds its place in a palette. */
public enum Coloring {
  /** By a number drawn with the name as seed: equal names, equal colours. */
  SEEDED,
  /** By the first and last characters of the name: similar names, similar colours. */
  HASH,
  /** At random, anew in each run. */
  RANDOM
}
