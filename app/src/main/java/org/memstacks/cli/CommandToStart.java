package org.memstacks.cli;

import java.util.Arrays;
import java.util.List;

/**
 * Arguments cut at {@code -c}: everything behind it is the command to be started, whatever it looks
 * like.
 *
 * @param before our own
 * @param isPresent whether there is a -c
 * @param command and its arguments
 */
record CommandToStart(String[] before, boolean isPresent, List<String> command) {
  static CommandToStart cut(String[] args) {
    for (int i = 0; i < args.length; i++) {
      if (args[i].equals("-c") || args[i].equals("--command")) {
        return new CommandToStart(
            Arrays.copyOf(args, i), true, List.of(Arrays.copyOfRange(args, i + 1, args.length)));
      }
    }
    return new CommandToStart(args.clone(), false, List.of());
  }

  /**
   * @throws UsageException when nothing follows the -c
   */
  void requireCommand() throws UsageException {
    if (command.isEmpty() || command.getFirst().isEmpty()) {
      throw new UsageException("-c needs a command: memstacks -f -c COMMAND [ARGUMENT]...");
    }
  }
}
