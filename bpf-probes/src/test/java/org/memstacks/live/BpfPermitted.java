package org.memstacks.live;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * Asks {@code scripts/bpf-permitted}, once a run; with CI=true a refusal fails the test instead of
 * skipping it.
 */
final class BpfPermitted implements ExecutionCondition {
  private static final Namespace NAMESPACE = Namespace.create(BpfPermitted.class);

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    String obstacles =
        context
            .getRoot()
            .getStore(NAMESPACE)
            .computeIfAbsent("obstacles", key -> obstacles(), String.class);
    if (obstacles.isEmpty()) {
      return ConditionEvaluationResult.enabled("BPF is permitted");
    }
    if ("true".equals(System.getenv("CI"))) {
      throw new IllegalStateException("CI must run the live tests: " + obstacles);
    }
    return ConditionEvaluationResult.disabled(obstacles);
  }

  /** What is in the way, on one line, as reports show it; empty when nothing is. */
  private static String obstacles() {
    try {
      Process check =
          new ProcessBuilder(Checkout.root().resolve("scripts/bpf-permitted").toString())
              .redirectErrorStream(true)
              .start();
      String said = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return check.waitFor() == 0 ? "" : String.join("; ", said.lines().toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
