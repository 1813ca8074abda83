package org.memstacks.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.memstacks.elf.Mutations;

/** Damaged text in the form of /proc/PID/maps gives ascending mappings, whatever it says. */
class MapsFuzzTest {
  @Test
  @Timeout(3600)
  void mapsThatLie() throws IOException {
    byte[] original = Files.readAllBytes(Path.of("/proc/self/maps"));
    original = Arrays.copyOf(original, Math.min(original.length, 3000));
    Mutations mutations = new Mutations(11);
    for (int i = 0; i < Mutations.iterations(20_000); i++) {
      List<Mapping> mappings =
          MemoryMap.parse(new ByteArrayInputStream(mutations.of(original))).mappings();
      for (int j = 0; j < mappings.size(); j++) {
        Mapping mapping = mappings.get(j);
        boolean ascends =
            Long.compareUnsigned(mapping.start(), mapping.end()) < 0
                && (j == 0
                    || Long.compareUnsigned(mappings.get(j - 1).end(), mapping.start()) <= 0);
        assertThat(ascends).as("mapping %d of input %d", j, i).isTrue();
      }
    }
  }
}
