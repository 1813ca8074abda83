package org.memstacks.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FoldedOrderTest {
  private static final String LETTERS = " :;<ab".replace(";", "");

  @Test
  void stacksAreInTheOrderOfTheirFoldedText() {
    Random random = new Random(7);
    for (int i = 0; i < 100_000; i++) {
      List<String> first = frames(random);
      List<String> second = frames(random);
      assertThat(Integer.signum(new FoldedOrder().compare(first, second)))
          .as("%s and %s", first, second)
          .isEqualTo(Integer.signum(String.join(";", first).compareTo(String.join(";", second))));
    }
  }

  private static List<String> frames(Random random) {
    return Stream.generate(() -> frame(random)).limit(1 + random.nextInt(3)).toList();
  }

  private static String frame(Random random) {
    StringBuilder frame = new StringBuilder();
    for (int i = random.nextInt(3); i >= 0; i--) {
      frame.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return frame.toString();
  }
}
