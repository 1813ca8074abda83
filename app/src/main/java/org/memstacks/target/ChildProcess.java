package org.memstacks.target;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A process that we started. It has our stdin, working directory and process group, so that Ctrl-C
 * reaches it as well; its stdout is our stderr. Not thread-safe.
 */
public final class ChildProcess {
  private static final int ENOENT = 2;
  private static final int E2BIG = 7;
  private static final int ENOEXEC = 8;
  private static final int EACCES = 13;
  private static final int ENOTDIR = 20;
  private static final int SIGKILL = 9;
  private static final int SIGCONT = 18;
  private static final int STOPPED = 0x7f;

  private final int pid;
  private boolean stopped;
  private int ended = -1;

  private ChildProcess(int pid) {
    this.pid = pid;
  }

  /**
   * Starts a command, found by PATH unless it holds a slash.
   *
   * @param command its name and its arguments, as bytes, since they need not be text
   * @param environment {@code NAME=value} each
   * @throws TargetException when there is no such command, or it cannot be executed
   */
  public static ChildProcess start(List<byte[]> command, List<byte[]> environment)
      throws TargetException {
    keepFilesToOurselves();
    int pid = NativeSpawn.spawn(command, environment);
    if (pid < 0) {
      throw refused(new String(command.getFirst(), StandardCharsets.UTF_8), -pid);
    }
    return new ChildProcess(pid);
  }

  private static void keepFilesToOurselves() {
    List<Integer> open = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      files.forEach(file -> open.add(Integer.parseInt(file.getFileName().toString())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    open.stream().filter(fd -> fd > 2).forEach(NativeSpawn::closeOnExec);
  }

  private static TargetException refused(String name, int errno) {
    boolean path = name.indexOf('/') >= 0;
    String reason =
        switch (errno) {
          case ENOENT, ENOTDIR ->
              path
                  ? "there is no such file, or the interpreter that it names (#!, or the dynamic linker) is missing"
                  : "not found in PATH"
                      + (name.indexOf(' ') >= 0
                          ? "; command and arguments are separate words: -c COMMAND ARG..., not -c 'COMMAND ARG...'"
                          : "; a program in the current directory is ./" + name);
          case EACCES ->
              path && Files.isDirectory(Path.of(name))
                  ? "it is a directory"
                  : "not executable: it has no execute permission, or lies on a file system mounted noexec";
          case ENOEXEC ->
              "no program for this machine, and no script with an interpreter in its first line (#!): -c sh "
                  + name
                  + " runs it as a shell script";
          case E2BIG -> "its arguments and the environment are too long";
          default -> "the kernel refuses to start it (errno " + errno + ")";
        };
    return new TargetException("-c " + name + ": " + reason);
  }

  public int pid() {
    return pid;
  }

  /** Whether it is stopped now (SIGSTOP), as far as the kernel has told. */
  public boolean isStopped() {
    look();
    return stopped;
  }

  /** Whether it has ended. */
  public boolean hasEnded() {
    look();
    return ended >= 0;
  }

  /** Lets it go on. */
  public void resume() {
    stopped = false;
    if (ended < 0) {
      NativeSpawn.kill(pid, SIGCONT);
    }
  }

  /** Ends it at once. */
  public void kill() {
    if (ended < 0) {
      NativeSpawn.kill(pid, SIGKILL);
    }
  }

  /** Whether it has ended with exit status 0. */
  public boolean succeeded() {
    return hasEnded() && ended == 0;
  }

  /**
   * How it ended, for people.
   *
   * @return {@code "exit status 1"} or {@code "signal 11"}; empty while it runs
   */
  public String ending() {
    if (!hasEnded()) {
      return "";
    }
    int signal = ended & 0x7f;
    return signal == 0 ? "exit status " + (ended >> 8 & 0xff) : "signal " + signal;
  }

  /** The adjustment by which the kernel chooses whom to end when memory is short. */
  public void setOomScore(String adjustment) {
    try {
      Files.writeString(Path.of("/proc", Integer.toString(pid), "oom_score_adj"), adjustment);
    } catch (IOException e) {
      // It has ended, or may not have what the collector had: then it keeps the collector's.
    }
  }

  /** How many files it may open, its soft limit. */
  public void limitFiles(long soft) {
    NativeSpawn.limitFiles(pid, soft);
  }

  private void look() {
    for (int status = news(); status >= 0; status = news()) {
      if ((status & 0xff) == STOPPED) {
        stopped = true;
      } else {
        ended = status;
      }
    }
  }

  private int news() {
    return ended >= 0 ? -1 : NativeSpawn.status(pid);
  }
}
