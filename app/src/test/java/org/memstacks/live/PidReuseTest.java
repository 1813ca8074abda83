package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.collect.Allocator;
import org.memstacks.collect.AllocatorQuery;
import org.memstacks.collect.MallocTrace;
import org.memstacks.collect.TraceOptions;
import org.memstacks.collect.TracePlan;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetException;
import org.memstacks.target.TargetFiles;
import org.memstacks.target.TargetProcess;
import org.memstacks.unwind.UnwindCache;

/** A process that ends while it is looked at, its number given to another one. */
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

  /** The kernel tells of both by the number, and of an exec before the end is noticed. */
  @ParameterizedTest
  @ValueSource(strings = {"session", "multi", "perf"})
  void whatItAllocatedIsNotGoneWithAnExecOfAnother(String attach) throws Exception {
    try (TracedProgram program = TracedProgram.start("threads");
        Memstacks memstacks =
            Memstacks.attach("-f", "--attach=" + attach, "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      program.process().destroyForcibly().onExit().join();
      Process other = programUnder(program.pid());
      try {
        Result result = memstacks.result();

        assertThat(result.byCaller())
            .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes));
        assertThat(result.errors())
            .contains("process " + program.pid() + " ended in the window")
            .doesNotContain("exec");
      } finally {
        other.destroyForcibly();
      }
    }
  }

  @Test
  void nothingIsSaidOfItsPagesAsIfItHadExecuted() throws Exception {
    try (TracedProgram program = TracedProgram.start("pages");
        Memstacks pgfaultstacks =
            Memstacks.run(
                Redirect.PIPE, Memstacks.collector("pgfaultstacks"), "-p", "" + program.pid())) {
      pgfaultstacks.awaitAttached();
      program.begin();
      program.truth();
      program.process().destroyForcibly().onExit().join();
      Process other = programUnder(program.pid());
      try {
        assertThat(pgfaultstacks.result().errors())
            .contains("ended")
            .doesNotContain("executed another program");
      } finally {
        other.destroyForcibly();
      }
    }
  }

  /** Starts programs until one has the number, by telling the kernel which it gave last. */
  private static Process programUnder(int pid) throws IOException {
    for (int i = 0; i < 200; i++) {
      Files.writeString(Path.of("/proc/sys/kernel/ns_last_pid"), "" + (pid - 1));
      Process process = new ProcessBuilder("sleep", "60").start();
      if (process.pid() == pid) {
        return process;
      }
      process.destroyForcibly();
    }
    throw new IOException("the number " + pid + " was not given again");
  }
}
