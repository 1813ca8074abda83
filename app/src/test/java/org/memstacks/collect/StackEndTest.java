package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class StackEndTest {
  /** Java's names, where they differ from C's. */
  private static String javaName(String name) {
    return switch (name) {
      case "COMPLETE_BY_FP" -> "COMPLETE_BY_FRAME_POINTER";
      case "BAD_FP" -> "NO_FRAME_POINTER";
      case "FP_LOST" -> "FRAME_POINTER_LOST";
      case "CFA_NOT_INCREASING" -> "NOT_INCREASING";
      default -> name;
    };
  }

  @Test
  void hasTheOrderOfTheHeader() throws IOException {
    String header = Files.readString(Path.of("../bpf-probes/src/main/bpf/memstacks.h"));
    int begin = header.indexOf("enum stack_end {");
    String body = header.substring(begin, header.indexOf("};", begin));
    Matcher entry = Pattern.compile("\\tSTACK_(\\w+) = (\\d+),").matcher(body);
    int count = 0;
    while (entry.find()) {
      assertThat(StackEnd.of(Integer.parseInt(entry.group(2))).name())
          .isEqualTo(javaName(entry.group(1)));
      count++;
    }
    assertThat(count).isEqualTo(StackEnd.values().length);
  }
}
