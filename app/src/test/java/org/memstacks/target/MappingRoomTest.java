package org.memstacks.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MappingRoomTest {
  private static final long LIMIT = 100;

  @Test
  void aProcessAtItsLimitOfMappingsHasNoneToSpare() throws IOException {
    assertThat(MappingRoom.shortage(mappings(85, ""), LIMIT))
        .hasValueSatisfying(text ->
            assertThat(text)
                .contains("85 mappings of the 100")
                .contains("sysctl -w vm.max_map_count=200"));
  }

  @Test
  void oneThatHasRoomOrHasBeenProbedBeforeIsNotShort() throws IOException {
    MemoryMap room = mappings(84, "7fff0000-7fff1000 --xp 00000000 00:00 0 [vsyscall]\n");
    MemoryMap probed = mappings(99, "7fff0000-7fff1000 --xp 00000000 00:00 0 [uprobes]\n");

    assertThat(MappingRoom.shortage(room, LIMIT)).isEmpty();
    assertThat(MappingRoom.shortage(probed, LIMIT)).isEmpty();
  }

  private static MemoryMap mappings(int count, String more) throws IOException {
    String text =
        IntStream.range(0, count)
            .mapToObj(i ->
                "%x-%x rw-p 00000000 00:00 0 \n"
                    .formatted(0x10000 + i * 0x2000, 0x11000 + i * 0x2000))
            .collect(Collectors.joining("", "", more));
    return MemoryMap.parse(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }
}
