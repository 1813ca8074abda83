package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.collect.AttachKind;

/**
 * Where the kernel preempts itself, one probe's program may be interrupted by another one on the
 * same CPU. Bytes and stacks are as exact as ever. The kernel's mode is set for these tests, and
 * restored whatever comes of them.
 */
@LiveKernel
@Tag("slow")
class PreemptionTest {
  /** As {@code none voluntary (full)}: that in force is in parentheses. Needs debugfs. */
  private static final Path MODES = Path.of("/sys/kernel/debug/sched/preempt");

  private static final Pattern IN_FORCE = Pattern.compile("\\((\\w+)\\)");
  private static final String FULL = "full";

  private String before;

  @BeforeEach
  void preempt() throws IOException {
    if (!Files.exists(MODES)) {
      abort("the kernel's preemption cannot be set: no " + MODES + " (debugfs not mounted?)");
    }
    try {
      before = inForce();
      Files.writeString(MODES, FULL);
    } catch (IOException e) {
      abort("the kernel's preemption cannot be set (lockdown?): " + e.getMessage());
    }
    assertThat(inForce()).isEqualTo(FULL);
  }

  @AfterEach
  void restore() throws IOException {
    if (before != null) {
      Files.writeString(MODES, before);
      assertThat(inForce()).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"session", "multi", "perf"})
  void unfreedBytesStayExact(String attach) throws IOException {
    GroundTruthTest.assertUnfreed("--attach=" + attach, "21");
  }

  @ParameterizedTest
  @ValueSource(strings = {"session", "perf"})
  void allBytesStayExact(String attach) throws IOException {
    GroundTruthTest.assertAll("--attach=" + attach, "22");
  }

  @ParameterizedTest
  @EnumSource(AttachKind.class)
  void stacksStayTheProgramsOwn(AttachKind kind) throws IOException {
    StackOracleTest.assertSame("O2", false, kind);
    StackOracleTest.assertSame("O2", true, kind);
  }

  private static String inForce() throws IOException {
    Matcher mode = IN_FORCE.matcher(Files.readString(MODES));
    assertThat(mode.find()).isTrue();
    return mode.group(1);
  }
}
