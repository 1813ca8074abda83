package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.memstacks.collect.Allocator;
import org.memstacks.collect.AllocatorQuery;
import org.memstacks.collect.MallocTrace;
import org.memstacks.collect.TraceOptions;
import org.memstacks.collect.TracePlan;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetException;
import org.memstacks.target.TargetFiles;
import org.memstacks.target.TargetProcess;
import org.memstacks.unwind.UnwindCache;

/** A process that ends between the command line and the probes, its number given to another one. */
@LiveKernel
class PidReuseTest {
  @TempDir Path cache;

  @Test
  void anotherProcessUnderItsNumberIsNotTraced() throws Exception {
    try (TracedProgram program = TracedProgram.start("threads")) {
      TargetProcess now = TargetProcess.of(program.pid());
      TargetProcess earlier = new TargetProcess(now.pid(), "earlier", now.startTime() - 1);
      MemoryMap map = MemoryMap.of(now.pid());
      try (LoadedObjects loaded = new LoadedObjects(new TargetFiles(now.pid()));
          MallocTrace trace =
              MallocTrace.attach(
                  TracePlan.ofOne(
                      earlier,
                      map,
                      loaded,
                      UnwindCache.ofUser(Map.of("XDG_CACHE_HOME", cache.toString())),
                      new TraceOptions(false, 0, 1000, 1000, false, Optional.empty())),
                  () -> Allocator.find(earlier, map, loaded, AllocatorQuery.any()))) {
        assertThatThrownBy(trace::begin)
            .isInstanceOf(TargetException.class)
            .hasMessage("process " + now.pid() + " (earlier) ended before its probes were in");
      }
      program.begin();
      assertThat(program.truth()).isNotEmpty();
    }
  }
}
