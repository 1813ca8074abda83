package org.memstacks.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class MemoryFilesTest {
  private static final String MOUNTS =
      """
      22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
      25 22 0:22 / /dev/shm rw,nosuid shared:2 master:3 - tmpfs tmpfs rw
      26 22 0:23 / /mnt/with\\040-\\040space rw - btrfs /dev/sdb rw
      27 22 0:24 / /dev/hugepages rw,relatime - hugetlbfs hugetlbfs rw,pagesize=2M
      """;

  @Test
  void fileSystemsInMemoryAreToldByTheirType() {
    MemoryFiles files = MemoryFiles.parse(MOUNTS);

    assertThat(files.devices()).containsExactlyInAnyOrder(22L, 24L);
    assertThat(files.others()).containsExactlyInAnyOrder(254L << 20, 23L);
  }

  @Test
  void whatIsNoLineOfTheKernelsIsLeftOut() {
    Random random = new Random(7);
    for (int i = 0; i < 5_000; i++) {
      StringBuilder text = new StringBuilder(MOUNTS);
      for (int j = 0; j < 4; j++) {
        text.setCharAt(random.nextInt(text.length()), (char) random.nextInt(256));
      }
      MemoryFiles files = MemoryFiles.parse(text.toString());

      assertThat(files.devices().size() + files.others().size()).isBetween(0, 6);
    }
  }

  @Test
  void ofAProcessThatIsGoneNothingIsKnown() {
    assertThat(MemoryFiles.of(Integer.MAX_VALUE)).isEqualTo(MemoryFiles.NONE);
  }
}
