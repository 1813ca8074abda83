package org.memstacks.cli;

import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import org.memstacks.report.HumanBytes;
import org.memstacks.target.NamedProcess;
import org.memstacks.target.TargetException;

/** What {@code --name} names. */
final class ProcessName {
  private static final int MOST_SHOWN = 20;
  private static final int LONGEST_COMMAND = 80;

  private ProcessName() {}

  /**
   * @param several whether several could be traced at once
   * @throws TargetException unless exactly one process is called so; it lists those that are
   */
  static int pid(String name, boolean several) throws IOException {
    List<NamedProcess> found = NamedProcess.called(name);
    if (found.size() == 1) {
      return found.getFirst().pid();
    }
    throw new TargetException(
        found.isEmpty()
            ? "no process is called '%s': neither its name (comm), nor its executable, nor its first argument; ps -e shows what runs"
                .formatted(name)
            : choice(name, found, several));
  }

  private static String choice(String name, List<NamedProcess> found, boolean several) {
    return found.stream()
        .limit(MOST_SHOWN)
        .map(ProcessName::line)
        .collect(
            Collectors.joining(
                "\n",
                "%d processes are called '%s'; choose one with -p:%n".formatted(found.size(), name),
                found.size() > MOST_SHOWN
                    ? "\n  and %d more".formatted(found.size() - MOST_SHOWN)
                    : several ? "\nor all of them with -p " + numbers(found) : ""));
  }

  private static String numbers(List<NamedProcess> found) {
    return found.stream()
        .map(process -> Integer.toString(process.pid()))
        .collect(Collectors.joining(","));
  }

  private static String line(NamedProcess process) {
    String command = process.commandLine();
    return "  -p %-7d %-10s %10s  %s"
        .formatted(
            process.pid(),
            process.user(),
            HumanBytes.of(process.residentBytes()),
            command.length() > LONGEST_COMMAND
                ? command.substring(0, LONGEST_COMMAND) + "..."
                : command);
  }
}
