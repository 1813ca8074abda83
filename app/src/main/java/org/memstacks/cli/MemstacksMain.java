package org.memstacks.cli;

/** Entry point of the command {@code memstacks}. */
public final class MemstacksMain {
  private MemstacksMain() {}

  public static void main(String[] args) {
    Inheritance inheritance = Inheritance.own();
    CollectorProcess.run(
        (out, err, stop) -> new MemstacksCommand(out, err, stop, inheritance).run(args));
  }
}
