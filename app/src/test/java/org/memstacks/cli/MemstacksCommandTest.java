package org.memstacks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command in this process: what goes where, and the exit status. */
@Timeout(30)
class MemstacksCommandTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @ParameterizedTest
  @ValueSource(strings = {"-h", "--help"})
  void helpIsData(String option) {
    assertThat(run(option)).isZero();
    assertThat(text(out)).startsWith("usage: memstacks -p PID").endsWith("> out.svg\n");
    assertThat(text(out).lines()).allMatch(line -> line.length() <= 100);
    assertThat(text(err)).isEmpty();
  }

  @Test
  void helpNamesEveryOption() {
    run("--help");
    String help = text(out);
    assertThat(MemstacksCommandLine.OPTIONS.getOptions())
        .hasSizeGreaterThan(10)
        .allSatisfy(option ->
            assertThat(help).containsPattern("\n +(-., )?--" + option.getLongOpt() + "[ \n]"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-V", "--version"})
  void theVersionIsData(String option) {
    assertThat(run(option)).isZero();
    assertThat(text(out)).matches("memstacks [0-9]+\\.[0-9]+\\.[0-9]+\n");
    assertThat(text(err)).isEmpty();
  }

  @Test
  void helpWinsOverMistakes() {
    assertThat(run("--no-such-option", "-h")).isZero();
    assertThat(text(out)).startsWith("usage:");
  }

  @Test
  void whatBelongsToTheCommandIsNotOurs() {
    assertThat(run("--no-such-option", "-c", "cat", "--help", "--version")).isEqualTo(2);
    assertThat(text(out)).isEmpty();
  }

  @Test
  void aMistakeIsExplainedWithTheWayToHelp() {
    assertThat(run("-p", "1", "--foldd")).isEqualTo(2);
    assertThat(text(out)).isEmpty();
    assertThat(text(err))
        .isEqualTo(
            """
            memstacks: unknown option --foldd; did you mean --folded?
            Try 'memstacks --help'.
            """);
  }

  @Test
  void aProcessThatDoesNotExistIsNoTarget() {
    assertThat(run("-p", "2147483647", "1")).isEqualTo(1);
    assertThat(text(out)).isEmpty();
    assertThat(text(err))
        .isEqualTo(
            "memstacks: there is no process or thread 2147483647: it has ended, or the number belongs to another PID"
                + " namespace\n");
  }

  @Test
  void whereItWentWrongIsShownToThoseWhoAsk() {
    assertThat(run("-p", "2147483647", "--debug")).isEqualTo(1);
    assertThat(text(err)).contains("\tat org.memstacks.target.TargetProcess");
  }

  @Test
  void aReaderThatLeftIsNoNews() {
    assertThat(run(failing(new BrokenPipeException(new IOException("Broken pipe"))), "--help"))
        .isEqualTo(1);
    assertThat(text(err)).isEmpty();
  }

  @Test
  void whatCannotBeWrittenIsNamed() {
    assertThat(run(failing(new FileSystemException("/dev/full", null, "no space")), "--version"))
        .isEqualTo(1);
    assertThat(text(err)).isEqualTo("memstacks: /dev/full: no space\n");
  }

  private int run(String... arguments) {
    return run(out, arguments);
  }

  private int run(OutputStream to, String... arguments) {
    PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
    return new MemstacksCommand(to, errors, new StopRequest(), new Inheritance("0")).run(arguments);
  }

  private static OutputStream failing(IOException e) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        throw e;
      }
    };
  }

  private static String text(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8);
  }
}
