import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Warms up: code is compiled, classes are loaded, the heap grows by what is kept. */
public final class Warmup {
  private static final List<Object> KEPT = new ArrayList<>();

  public static void main(String[] args) throws InterruptedException {
    for (int round = 0; round < 300; round++) {
      keep(round);
      Thread.sleep(50);
    }
    Thread.sleep(60_000);
  }

  private static void keep(int round) {
    Map<String, String> map = new HashMap<>();
    for (int i = 0; i < 2_000; i++) {
      map.put("key " + round + ":" + i, String.format("%d-%s", i, Integer.toHexString(i)));
    }
    KEPT.add(map);
    KEPT.add(new byte[1_000_000]);
    KEPT.add(IntStream.range(0, 1_000).mapToObj(Integer::toString).sorted().toList());
  }
}
