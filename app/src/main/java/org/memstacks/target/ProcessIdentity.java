package org.memstacks.target;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Who a process is, out of /proc/PID/status (proc(5)).
 *
 * @param namespacePid its number in the innermost PID namespace, by which it knows itself
 * @param user its effective user, as we see it
 */
public record ProcessIdentity(long namespacePid, int user) {
  public static ProcessIdentity of(long pid) throws IOException {
    Path status = Path.of("/proc", Long.toString(pid), "status");
    long namespacePid = pid;
    int user = -1;
    for (String line :
        new String(Files.readAllBytes(status), StandardCharsets.ISO_8859_1).lines().toList()) {
      String[] fields = line.split("\\s+");
      if (fields[0].equals("NSpid:")) {
        namespacePid = Long.parseLong(fields[fields.length - 1]);
      } else if (fields[0].equals("Uid:") && fields.length > 2) {
        user = (int) Long.parseLong(fields[2]);
      }
    }
    return new ProcessIdentity(namespacePid, user);
  }
}
