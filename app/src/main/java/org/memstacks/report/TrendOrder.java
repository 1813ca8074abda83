package org.memstacks.report;

import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What comes first among stacks of the same verdict, and among equal ones the most bytes; growing
 * ones always come before others.
 */
public enum TrendOrder {
  BYTES(trend -> trend.outstanding().bytes()),
  COUNT(trend -> trend.outstanding().blocks()),
  GROWTH(Trend::bytesPerSecond),
  AGE(trend -> trend.outstanding().oldestNanos());

  private final Comparator<Trend> comparator;

  TrendOrder(ToDoubleFunction<Trend> key) {
    comparator =
        Comparator.comparing(Trend::verdict)
            .thenComparing(Comparator.comparingDouble(key).reversed())
            .thenComparing(
                Comparator.comparingLong((Trend trend) -> trend.outstanding().bytes()).reversed())
            .thenComparing(Trend::frames, new FoldedOrder());
  }

  /** The ranking. */
  public List<Trend> rank(List<Trend> trends) {
    return trends.stream().sorted(comparator).toList();
  }
}
