package org.memstacks.collect;

/** When the window began and ended, by {@link BlockClock}. */
final class TraceWindow {
  private long begin;
  /* When it ended but for frees; else 0. */
  private long stopped;
  private long end;
  /* When the target ended, where that is known; else 0. */
  private long gone;

  void open() {
    begin = BlockClock.now();
  }

  long begin() {
    return begin;
  }

  /** Whether new blocks belong to it still. */
  boolean isRecording() {
    return end == 0 && stopped == 0;
  }

  /** It ends, but for frees. */
  void stop() {
    stopped = BlockClock.now();
  }

  /** The first such moment is kept. */
  void targetEnded(long moment) {
    gone = gone == 0 ? moment : gone;
  }

  boolean isClosed() {
    return end != 0;
  }

  /** It ends now, unless the target ended before. */
  void close() {
    long last = lastMoment();
    end = gone == 0 ? last : Math.max(begin, Math.min(gone, last));
  }

  /** The window's end, or now, if it goes on. */
  long lastMoment() {
    if (end != 0) {
      return end;
    }
    return stopped == 0 ? BlockClock.now() : stopped;
  }
}
