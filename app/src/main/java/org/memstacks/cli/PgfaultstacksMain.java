package org.memstacks.cli;

/** Entry point of the command {@code pgfaultstacks}. */
public final class PgfaultstacksMain {
  private PgfaultstacksMain() {}

  public static void main(String[] args) {
    CollectorProcess.run((out, err, stop) -> new PgfaultstacksCommand(out, err, stop).run(args));
  }
}
