package org.memstacks.cli.flamegraph;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** The command run in this process. */
public record Command(int exit, byte[] out, String err) {
  public static Command run(String input, String... args) {
    return run(input.getBytes(StandardCharsets.UTF_8), args);
  }

  public static Command run(byte[] input, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int exit =
        FlamegraphMain.run(
            args,
            new ByteArrayInputStream(input),
            out,
            new PrintStream(err, true, StandardCharsets.UTF_8));
    return new Command(exit, out.toByteArray(), err.toString(StandardCharsets.UTF_8));
  }

  public String text() {
    return new String(out, StandardCharsets.UTF_8);
  }

  public Picture picture() {
    return Picture.parse(out);
  }
}
