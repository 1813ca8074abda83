package org.memstacks.live;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Asks {@code scripts/bpf-permitted}; with CI=true a refusal fails the test instead of skipping it.
 */
final class BpfPermitted implements ExecutionCondition {
  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    try {
      Process check =
          new ProcessBuilder(Checkout.root().resolve("scripts/bpf-permitted").toString())
              .redirectErrorStream(true)
              .start();
      String output = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (check.waitFor() == 0) {
        return ConditionEvaluationResult.enabled("BPF is permitted");
      }
      if ("true".equals(System.getenv("CI"))) {
        throw new IllegalStateException("CI must run the live tests: " + output);
      }
      return ConditionEvaluationResult.disabled(output.strip());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
