package org.memstacks.symbol;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Optional;
import java.util.OptionalInt;
import org.memstacks.target.ProcessIdentity;
import org.memstacks.target.TargetFiles;

/**
 * Where a runtime writes the names of code it compiled: /tmp/perf-PID.map, in the process's own
 * file system and by the number it knows itself by.
 */
public final class PerfMapFile {
  private static final int ROOT = 0;

  private PerfMapFile() {}

  /**
   * Opens it, to be given to {@link Symbolizer#readPerfMap} when the window ends. Opened early it
   * can be read even when the process is gone by then.
   *
   * @return empty when there is none
   * @throws IOException when there is one that cannot be trusted: not a regular file, larger than
   *     is read, or neither the process's user's nor root's own (no link that its user made)
   */
  public static Optional<FileChannel> open(TargetFiles files, ProcessIdentity process)
      throws IOException {
    String path = "/tmp/perf-" + process.namespacePid() + ".map";
    try {
      return Optional.of(files.openChannel(path, PerfMap.MAX_SIZE, OptionalInt.of(process.user())));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    } catch (IOException e) {
      try {
        return Optional.of(files.openUnlinked(path, PerfMap.MAX_SIZE, ROOT));
      } catch (IOException again) {
        throw e;
      }
    }
  }
}
