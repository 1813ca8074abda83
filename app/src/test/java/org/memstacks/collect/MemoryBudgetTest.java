package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryBudgetTest {
  @TempDir Path root;

  @BeforeEach
  void aMachineWithOneThousandKilobytes() throws IOException {
    write("proc/meminfo", "MemTotal:  9000 kB\nMemFree:  10 kB\nMemAvailable:    1000 kB\n");
    mounted("/", "/");
  }

  @Test
  void isNoMoreThanTheMachineHasAvailable() throws IOException {
    MemoryBudget budget = MemoryBudget.current();
    long total = kilobytes("MemTotal:") * 1024;
    assertThat(budget.availableBytes()).isPositive().isLessThan(total);
    assertThat(budget.limitedBy()).containsAnyOf("MemAvailable", "memory.max", "memory.limit");
  }

  @Test
  void withoutALimitItIsWhatTheKernelCallsAvailable() throws IOException {
    write("proc/self/cgroup", "0::/user.slice/a.scope\n");
    write("sys/fs/cgroup/user.slice/a.scope/memory.max", "max\n");
    write("sys/fs/cgroup/user.slice/a.scope/memory.current", "5000\n");
    assertThat(MemoryBudget.current(root))
        .isEqualTo(new MemoryBudget(1000 * 1024, "MemAvailable in /proc/meminfo"));
  }

  @Test
  void theTightestGroupOnTheWayUpCounts() throws IOException {
    write("proc/self/cgroup", "0::/a/b/c\n");
    write("sys/fs/cgroup/a/memory.max", "500000\n");
    write("sys/fs/cgroup/a/memory.current", "450000\n");
    write("sys/fs/cgroup/a/b/memory.max", "max\n");
    write("sys/fs/cgroup/a/b/c/memory.max", "900000\n");
    write("sys/fs/cgroup/a/b/c/memory.current", "100000\n");
    assertThat(MemoryBudget.current(root))
        .isEqualTo(new MemoryBudget(50_000, root.resolve("sys/fs/cgroup/a/memory.max").toString()));
  }

  @Test
  void theMemoryControllerOfVersionOneIsKnown() throws IOException {
    write("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/docker/1\n1:name=systemd:/y\n");
    write("sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes", "300000\n");
    write("sys/fs/cgroup/memory/docker/1/memory.usage_in_bytes", "100000\n");
    assertThat(MemoryBudget.current(root).availableBytes()).isEqualTo(200_000);
  }

  @Test
  void cachedFilesAreGivenBackBeforeALimitHurts() throws IOException {
    write("proc/self/cgroup", "0::/a\n");
    write("sys/fs/cgroup/a/memory.max", "500000\n");
    write("sys/fs/cgroup/a/memory.current", "499000\n");
    write("sys/fs/cgroup/a/memory.stat", "anon 9\ninactive_file 300000\nactive_file 70000\n");
    assertThat(MemoryBudget.current(root).availableBytes()).isEqualTo(301_000);
  }

  @Test
  void versionOneCountsTheGroupsBelowApart() throws IOException {
    write("proc/self/cgroup", "4:memory:/d\n");
    write("sys/fs/cgroup/memory/d/memory.limit_in_bytes", "300000\n");
    write("sys/fs/cgroup/memory/d/memory.usage_in_bytes", "290000\n");
    write(
        "sys/fs/cgroup/memory/d/memory.stat",
        "inactive_file 1000\nactive_file 5\ntotal_inactive_file 40000\n");
    assertThat(MemoryBudget.current(root).availableBytes()).isEqualTo(50_000);
  }

  @Test
  void versionOneTellsTheLimitOfAGroupThatANamespaceHides() throws IOException {
    write("proc/self/cgroup", "4:memory:/\n");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    write("sys/fs/cgroup/memory/memory.usage_in_bytes", "100000\n");
    write(
        "sys/fs/cgroup/memory/memory.stat",
        "inactive_file 0\nhierarchical_memory_limit 400000\ntotal_inactive_file 20000\n");
    MemoryBudget budget = MemoryBudget.current(root);
    assertThat(budget.availableBytes()).isEqualTo(320_000);
    assertThat(budget.limitedBy()).startsWith("hierarchical_memory_limit in ");
  }

  @Test
  void aGroupOverItsLimitHasNothingToSpare() throws IOException {
    write("proc/self/cgroup", "0::/a\n");
    write("sys/fs/cgroup/a/memory.max", "1000\n");
    write("sys/fs/cgroup/a/memory.current", "2000\n");
    assertThat(MemoryBudget.current(root).availableBytes()).isZero();
  }

  @Test
  void whereAGroupIsSlowedDownIsALimitToo() throws IOException {
    write("proc/self/cgroup", "0::/a\n");
    write("sys/fs/cgroup/a/memory.max", "max\n");
    write("sys/fs/cgroup/a/memory.high", "500000\n");
    write("sys/fs/cgroup/a/memory.current", "200000\n");
    MemoryBudget budget = MemoryBudget.current(root);
    assertThat(budget.availableBytes()).isEqualTo(300_000);
    assertThat(budget.limitedBy()).endsWith("sys/fs/cgroup/a/memory.high");
  }

  @Test
  void groupsOutsideTheNamespaceAreLeftOut() throws IOException {
    write("proc/self/cgroup", "0::/../../other\n");
    write("sys/other/memory.max", "1\n");
    write("sys/other/memory.current", "0\n");
    assertThat(MemoryBudget.current(root).limitedBy()).isEqualTo("MemAvailable in /proc/meminfo");
  }

  @Test
  void aRefusalSaysWhatIsNeededWhatIsThereAndWhatToDo() {
    assertThat(
            new InsufficientMemoryException(
                300L << 20,
                new MemoryBudget(100L << 20, "MemAvailable in /proc/meminfo"),
                "--max-live-blocks or --stack-storage-size"))
        .hasMessage(
            "needs 300 MiB for its tables and itself, and only 100 MiB are to spare (MemAvailable"
                + " in /proc/meminfo); lower --max-live-blocks or --stack-storage-size, or take it"
                + " all the same with --force");
  }

  @Test
  void aContainersGroupMayBeAllThatIsMounted() throws IOException {
    write("proc/self/cgroup", "0::/docker/1\n");
    mounted("/docker/1", "/docker/1");
    write("sys/fs/cgroup/memory.max", "300000\n");
    write("sys/fs/cgroup/memory.current", "100000\n");
    assertThat(MemoryBudget.current(root).availableBytes()).isEqualTo(200_000);
    assertThat(MemoryBudget.unknownLimit(root)).isEmpty();
  }

  @Test
  void theGroupsOfAnotherNamespaceTellNothing() throws IOException {
    write("proc/self/cgroup", "0::/\n");
    mounted("/../..", "/../..");
    namespace("cgroup:[4026532177]");
    write("sys/fs/cgroup/memory.max", "1\n");
    write("sys/fs/cgroup/memory.current", "0\n");
    assertThat(MemoryBudget.current(root).limitedBy()).isEqualTo("MemAvailable in /proc/meminfo");
    assertThat(MemoryBudget.unknownLimit(root)).hasValueSatisfying(this::isAboutTheLimit);
  }

  @Test
  void groupsThatAreNotMountedTellNothing() throws IOException {
    write("proc/self/cgroup", "4:memory:/d\n0::/\n");
    write("proc/self/mountinfo", "23 1 0:28 / / rw - ext4 /dev/sda rw\n");
    assertThat(MemoryBudget.unknownLimit(root)).hasValueSatisfying(this::isAboutTheLimit);
  }

  @Test
  void theRootOfAllGroupsHasNoLimitWhetherMountedOrNot() throws IOException {
    write("proc/self/cgroup", "0::/\n");
    write("proc/self/mountinfo", "23 1 0:28 / / rw - ext4 /dev/sda rw\n");
    assertThat(MemoryBudget.unknownLimit(root)).isEmpty();
    namespace("cgroup:[4026531835]");
    assertThat(MemoryBudget.unknownLimit(root)).isEmpty();
    namespace("cgroup:[4026532177]");
    assertThat(MemoryBudget.unknownLimit(root)).hasValueSatisfying(this::isAboutTheLimit);
  }

  private void namespace(String name) throws IOException {
    Path link = root.resolve("proc/self/ns/cgroup");
    Files.createDirectories(link.getParent());
    Files.deleteIfExists(link);
    Files.createSymbolicLink(link, Path.of(name));
  }

  private void isAboutTheLimit(String text) {
    assertThat(text).startsWith("the memory limit of memstacks' own control group is not known: ");
  }

  /** The roots of what is mounted of version 2 and of version 1's memory controller. */
  private void mounted(String two, String one) throws IOException {
    write(
        "proc/self/mountinfo",
        "41 31 0:38 %s /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n".formatted(two)
            + "35 31 0:32 %s /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n"
                .formatted(one));
  }

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private static long kilobytes(String field) throws IOException {
    return Files.readAllLines(Path.of("/proc/meminfo")).stream()
        .filter(line -> line.startsWith(field))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }
}
