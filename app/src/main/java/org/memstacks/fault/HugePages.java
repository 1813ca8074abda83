package org.memstacks.fault;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a fault on anonymous memory may bring besides its page, at some places at least
 * (Documentation/admin-guide/mm/transhuge.rst).
 *
 * @param huge a transparent huge page
 * @param folios a smaller folio of several pages
 */
record HugePages(boolean huge, boolean folios) {
  private static final Path SETTINGS = Path.of("/sys/kernel/mm/transparent_hugepage");
  private static final String HUGE = "hugepages-2048kB";

  /** As the kernel is set now. */
  static HugePages ofKernel() {
    return of(SETTINGS);
  }

  /**
   * @param settings directory
   */
  static HugePages of(Path settings) {
    String general = read(settings);
    boolean enabled = !general.isEmpty() && !general.contains("[never]");
    boolean huge = enabled;
    boolean folios = false;
    try (DirectoryStream<Path> sizes = Files.newDirectoryStream(settings, "hugepages-*")) {
      for (Path size : sizes) {
        String own = read(size);
        boolean isOn = own.contains("[inherit]") ? enabled : !own.contains("[never]");
        if (size.endsWith(HUGE)) {
          huge = isOn;
        } else {
          folios |= isOn;
        }
      }
    } catch (IOException e) {
      // Before Linux 6.8 there is one setting; a kernel without huge pages has none.
      return new HugePages(enabled, false);
    }
    return new HugePages(huge, folios);
  }

  private static String read(Path directory) {
    try {
      return Files.readString(directory.resolve("enabled"));
    } catch (IOException e) {
      return "";
    }
  }
}
