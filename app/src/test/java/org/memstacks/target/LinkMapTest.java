package org.memstacks.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The dynamic linker's look-up order decides whose malloc a process calls. */
@Timeout(30)
class LinkMapTest {
  private static final String LIBRARIES = "/usr/lib/x86_64-linux-gnu/";

  @Test
  void theExecutableComesFirst() throws Exception {
    assertThat(objects(Map.of())).startsWith("sleep").contains("libc.so.6");
  }

  @Test
  void whatIsPreloadedComesBeforeItsLibraries() throws Exception {
    assertThat(preloading("libjemalloc.so.2")).startsWith("sleep", "libjemalloc.so.2");
  }

  @Test
  void preloadedObjectsKeepTheirOrder() throws Exception {
    List<String> objects = preloading("libstdc++.so.6", "libjemalloc.so.2");
    assertThat(objects.getFirst()).isEqualTo("sleep");
    assertThat(objects.get(1)).startsWith("libstdc++.so.6.");
    assertThat(objects.get(2)).isEqualTo("libjemalloc.so.2");
    assertThat(preloading("libjemalloc.so.2", "libstdc++.so.6"))
        .startsWith("sleep", "libjemalloc.so.2");
  }

  @Test
  void everyObjectWithCodeIsThereOnce() throws IOException {
    int pid = Math.toIntExact(ProcessHandle.current().pid());
    MemoryMap map = MemoryMap.of(pid);
    List<Mapping> objects = LinkMap.executableMappings(pid, map);
    assertThat(objects).allMatch(Mapping::isExecutable).allMatch(Mapping::isFile);
    assertThat(objects.stream().map(Mapping::inode)).doesNotHaveDuplicates();
    assertThat(objects.stream().map(Mapping::inode))
        .containsExactlyInAnyOrderElementsOf(
            map.executable().stream()
                .filter(Mapping::isFile)
                .map(Mapping::inode)
                .distinct()
                .toList());
    assertThat(objects.getFirst().moduleName()).isEqualTo("java");
  }

  private static List<String> preloading(String... libraries) throws Exception {
    for (String library : libraries) {
      Assumptions.assumeTrue(
          Files.exists(Path.of(LIBRARIES + library)), library + " is not installed");
    }
    return objects(Map.of("LD_PRELOAD", LIBRARIES + String.join(":" + LIBRARIES, libraries)));
  }

  /** Names of the objects of a new process, in their order. */
  private static List<String> objects(Map<String, String> environment) throws Exception {
    // It writes after it was linked.
    ProcessBuilder builder = new ProcessBuilder("sh", "-c", "exec sleep 60");
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      int pid = Math.toIntExact(process.pid());
      // Sleeping in its own main, with all libraries loaded.
      for (int i = 0; i < 500 && !Files.readString(syscall(pid)).startsWith("230 "); i++) {
        Thread.sleep(10);
      }
      return LinkMap.executableMappings(pid, MemoryMap.of(pid)).stream()
          .map(Mapping::moduleName)
          .toList();
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private static Path syscall(int pid) {
    return Path.of("/proc/" + pid + "/syscall");
  }
}
