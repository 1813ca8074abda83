package org.memstacks.collect.bench;

import java.util.Arrays;

/** Measurements of the same thing, one a round. */
public record Samples(double[] values) {
  public double median() {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** The ratios round by round: two figures of a round are of the same minute of the machine. */
  Samples over(Samples others) {
    double[] ratios = new double[values.length];
    Arrays.setAll(ratios, round -> values[round] / others.values[round]);
    return new Samples(ratios);
  }

  public double least() {
    return Arrays.stream(values).min().orElseThrow();
  }

  public double most() {
    return Arrays.stream(values).max().orElseThrow();
  }
}
