package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/**
 * Signal handlers whose own stack lies above that of the function they interrupt: a return probe of
 * theirs would make the kernel forget that function's. Programs with functions of their own, since
 * the kernel also probes returns that somebody else asks for in the same library.
 */
@LiveKernel
class AlternateStackTest {
  private static final Pattern LOST =
      Pattern.compile("lost (\\d[\\d,]*) allocations? of .*, made by signal handlers");
  private static final int HANDLER_BYTES = 1000;

  @Test
  void whatTheyAllocateIsRecordedOrSaidToBeMissing() throws IOException {
    try (TracedProgram program = TracedProgram.start("altstack");
        Memstacks memstacks =
            Memstacks.attach("-f", "--attach=session", "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      Matcher lost = LOST.matcher(result.errors());
      assertThat(lost.find()).as(result.errors()).isTrue();
      long lostBytes = Long.parseLong(lost.group(1).replace(",", "")) * HANDLER_BYTES;
      assertThat(result.byCaller().getOrDefault("handler", 0L) + lostBytes)
          .isEqualTo(truth.get("handler").unfreedBytes());
      assertThat(result.byCaller()).containsEntry("worker", truth.get("worker").unfreedBytes());
      assertThat(result.exit()).isEqualTo(3);
      assertThat(program.end()).isZero();
    }
  }

  @Test
  void theirMappingsDoNoHarm() throws IOException {
    try (TracedProgram program = TracedProgram.start("altstack-static");
        Memstacks memstacks =
            Memstacks.attach("-f", "--mmap", "--attach=session", "-p", "" + program.pid())) {
      program.begin();
      program.truth();
      Result result = memstacks.stop();

      assertThat(result.errors())
          .containsPattern(
              "calls that map and unmap memory were not seen to return: .*signal handlers");
      assertThat(result.exit()).isEqualTo(3);
      assertThat(program.end()).isZero();
    }
  }
}
