package org.memstacks.live;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Sends signals, which Java itself cannot. */
final class Signals {
  private Signals() {}

  /**
   * @param name without SIG
   */
  static void send(long pid, String name) throws IOException {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start();
    try {
      if (!kill.waitFor(10, TimeUnit.SECONDS) || kill.exitValue() != 0) {
        throw new IOException("kill -" + name + " " + pid + " failed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
