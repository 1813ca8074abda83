package org.memstacks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class WindowTest {
  private final StopRequest stop = new StopRequest();

  @Test
  void anotherSignalEndsWhatFollowsTheWindow() throws InterruptedException {
    AtomicInteger signals = new AtomicInteger(1);
    StopRequest next = new StopRequest(signals::get).next();
    assertThat(next.await(1)).as("that ended the window").isFalse();
    signals.incrementAndGet();
    assertThat(next.await(1)).isTrue();
  }

  private final AtomicInteger looks = new AtomicInteger();

  @Test
  void endsWithItsDuration() throws InterruptedException {
    long begin = System.nanoTime();
    assertThat(Window.await(of(300), stop, () -> true, looks::incrementAndGet))
        .isEqualTo(Window.End.DURATION);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(of(299).get());
    assertThat(looks).hasValueGreaterThan(0);
  }

  @Test
  void endsOnRequest() throws InterruptedException {
    assertThat(
            Window.await(
                Optional.empty(),
                stop,
                () -> true,
                () -> {
                  if (looks.incrementAndGet() == 2) {
                    stop.request();
                  }
                }))
        .isEqualTo(Window.End.INTERRUPTED);
    assertThat(looks).hasValue(2);
  }

  @Test
  void aRequestFromBeforeCounts() throws InterruptedException {
    stop.request();
    assertThat(Window.await(of(60_000), stop, () -> true, looks::incrementAndGet))
        .isEqualTo(Window.End.INTERRUPTED);
    assertThat(looks).hasValue(0);
  }

  @Test
  void endsWithItsTarget() throws InterruptedException {
    assertThat(Window.await(of(60_000), stop, () -> looks.get() < 3, looks::incrementAndGet))
        .isEqualTo(Window.End.TARGET_ENDED);
    // It is asked less often than is looked.
    assertThat(looks.get()).isBetween(3, 10);
  }

  private static Optional<Duration> of(long millis) {
    return Optional.of(Duration.ofMillis(millis));
  }
}
