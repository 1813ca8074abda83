package org.memstacks.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.memstacks.target.ChildProcess;

/**
 * What a program that we start gets from our user, rather than from our launcher and the JVM:
 * bin/lib/launch.sh keeps what it changes under other names.
 *
 * @param oomScore the adjustment of the kernel's choice when memory is short, before we changed it
 */
record Inheritance(String oomScore) {
  private static final String KEPT = "MEMSTACKS_USER_";
  /* The JVM raises it as far as it may. */
  private static final String FILES = "NOFILE=";
  /* The launcher sets it. */
  private static final String LOCALE = "LC_ALL=";
  private static final char UNKNOWN = '\ufffd';

  /** Ours, so far. */
  static Inheritance own() {
    try {
      return new Inheritance(Files.readString(Path.of("/proc/self/oom_score_adj")).strip());
    } catch (IOException e) {
      return new Inheritance("0");
    }
  }

  /**
   * Starts a command with this.
   *
   * @param command the last of our own arguments
   */
  ChildProcess start(List<String> command) throws IOException {
    List<byte[]> ours = strings(Path.of("/proc/self/environ"));
    ChildProcess child =
        ChildProcess.start(
            bytes(command, strings(Path.of("/proc/self/cmdline"))), environment(ours));
    child.setOomScore(oomScore);
    for (byte[] variable : ours) {
      String text = new String(variable, StandardCharsets.ISO_8859_1);
      if (text.matches(KEPT + FILES + "[0-9]{1,18}")) {
        child.limitFiles(Long.parseLong(text.substring((KEPT + FILES).length())));
      }
    }
    return child;
  }

  /** The user's variables; none is decoded, since they need not be text. */
  static List<byte[]> environment(List<byte[]> ours) {
    List<byte[]> theirs = new ArrayList<>();
    boolean launched = ours.stream().anyMatch(variable -> begins(variable, KEPT));
    for (byte[] variable : ours) {
      if (!begins(variable, KEPT)) {
        if (!launched || !begins(variable, LOCALE)) {
          theirs.add(variable);
        }
      } else if (!begins(variable, KEPT + FILES)) {
        theirs.add(Arrays.copyOfRange(variable, KEPT.length(), variable.length));
      }
    }
    return theirs;
  }

  /**
   * The command as it was typed: the JVM loses what is not text.
   *
   * @param typed the arguments of this process
   */
  static List<byte[]> bytes(List<String> command, List<byte[]> typed) {
    int first = typed.size() - command.size();
    List<byte[]> bytes = new ArrayList<>();
    for (int i = 0; i < command.size(); i++) {
      String text = command.get(i);
      bytes.add(
          text.indexOf(UNKNOWN) >= 0 && first > 0
              ? typed.get(first + i)
              : text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes;
  }

  private static boolean begins(byte[] variable, String with) {
    return new String(variable, StandardCharsets.ISO_8859_1).startsWith(with);
  }

  private static List<byte[]> strings(Path file) throws IOException {
    byte[] all = Files.readAllBytes(file);
    List<byte[]> strings = new ArrayList<>();
    int begin = 0;
    for (int at = 0; at < all.length; at++) {
      if (all[at] == 0) {
        strings.add(Arrays.copyOfRange(all, begin, at));
        begin = at + 1;
      }
    }
    return strings;
  }
}
