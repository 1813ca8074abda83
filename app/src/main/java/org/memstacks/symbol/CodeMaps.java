package org.memstacks.symbol;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;

/**
 * Memory maps of one process, seen one after the other. They are grouped in epochs, within which
 * code was only added: an address that two epochs explain differently means in each what that
 * epoch's maps say.
 */
final class CodeMaps {
  private record Seen(MemoryMap map, int epoch) {}

  /** In the order seen, so by ascending epoch. */
  private final List<Seen> maps = new ArrayList<>();

  /**
   * @param epoch not less than that of the map added before
   */
  void add(MemoryMap map, int epoch) {
    if (!maps.isEmpty() && maps.getLast().epoch > epoch) {
      throw new IllegalArgumentException("epoch " + epoch + " after " + maps.getLast().epoch);
    }
    maps.add(new Seen(map, epoch));
  }

  /**
   * What was executable at this address. The epoch's own maps are asked first, the latest before
   * the others. Then later ones, in order: the address may have been met just before they were
   * seen. Never earlier ones: what they showed was gone by then.
   */
  Optional<Mapping> find(long address, int epoch) {
    int end = 0;
    while (end < maps.size() && maps.get(end).epoch <= epoch) {
      end++;
    }
    for (int i = end - 1; i >= 0 && maps.get(i).epoch == epoch; i--) {
      Optional<Mapping> mapping = executable(i, address);
      if (mapping.isPresent()) {
        return mapping;
      }
    }
    for (int i = end; i < maps.size(); i++) {
      Optional<Mapping> mapping = executable(i, address);
      if (mapping.isPresent()) {
        return mapping;
      }
    }
    return Optional.empty();
  }

  private Optional<Mapping> executable(int index, long address) {
    return maps.get(index).map.find(address).filter(Mapping::isExecutable);
  }
}
