package org.memstacks.live;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.memstacks.collect.RawStack;
import org.memstacks.collect.StackValue;
import org.memstacks.live.Memstacks.Sum;

/**
 * The program {@code oracle} of {@code src/test/c}: it runs its scenarios once to be traced, and
 * once more to write down what glibc's backtrace() says of the same stacks.
 */
final class OracleProgram implements AutoCloseable {
  /**
   * What backtrace() said.
   *
   * @param takesStart where the function lies that allocates
   * @param stacks bytes and blocks by the return addresses above that function
   */
  record Books(long takesStart, long takesEnd, Map<String, Sum> stacks) {
    /** What a profile says of the same: only stacks whose innermost caller is that function. */
    Map<String, Sum> seen(List<StackValue> profile) {
      Map<String, Sum> seen = new TreeMap<>();
      for (StackValue value : profile) {
        RawStack stack = value.stack();
        long first = stack.depth() > 0 ? stack.address(0) : 0;
        if (first >= takesStart && first <= takesEnd) {
          List<String> above = new ArrayList<>();
          for (int i = 1; i < stack.depth(); i++) {
            above.add(Long.toHexString(stack.address(i)));
          }
          if (!stack.end().isComplete()) {
            above.add(stack.end().reason());
          }
          seen.merge(String.join(" ", above), new Sum(value.bytes(), value.blocks()), Sum::plus);
        }
      }
      return seen;
    }
  }

  private final TracedProgram program;
  private final Path file;

  private OracleProgram(TracedProgram program, Path file) {
    this.program = program;
    this.file = file;
  }

  /**
   * @param variant how it was built: {@code oracle-VARIANT} in its Makefile
   */
  static OracleProgram start(String variant) throws IOException {
    String name = "oracle-" + variant;
    return new OracleProgram(TracedProgram.start(name), TracedProgram.build(name));
  }

  int pid() {
    return program.pid();
  }

  Path file() {
    return file;
  }

  /** Lets it allocate, and waits until it is done. */
  void allocate() throws IOException {
    program.begin();
    for (String line = program.line(); !"end".equals(line); line = program.line()) {
      throw new IOException("instead of 'end' the program said '" + line + "'");
    }
  }

  /** What it says itself; nobody may trace it meanwhile. */
  Books books() throws IOException {
    program.begin();
    String[] takes = program.line().split(" ");
    Map<String, Sum> stacks = new TreeMap<>();
    for (String line = program.line(); !"end".equals(line); line = program.line()) {
      List<String> fields = Arrays.asList(line.split(" "));
      Sum sum = new Sum(Long.parseLong(fields.get(1)), 1);
      stacks.merge(String.join(" ", fields.subList(3, fields.size())), sum, Sum::plus);
    }
    return new Books(
        Long.parseUnsignedLong(takes[1], 16), Long.parseUnsignedLong(takes[2], 16), stacks);
  }

  @Override
  public void close() {
    program.close();
  }
}
