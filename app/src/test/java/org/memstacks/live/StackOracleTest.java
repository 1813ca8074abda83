package org.memstacks.live;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.collect.AllocationProfile;
import org.memstacks.collect.Allocator;
import org.memstacks.collect.AllocatorQuery;
import org.memstacks.collect.AttachKind;
import org.memstacks.collect.MallocTrace;
import org.memstacks.collect.RawStack;
import org.memstacks.collect.StackEnd;
import org.memstacks.collect.StackValue;
import org.memstacks.collect.TraceOptions;
import org.memstacks.collect.TracePlan;
import org.memstacks.live.OracleProgram.Books;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetFiles;
import org.memstacks.target.TargetProcess;
import org.memstacks.unwind.UnwindCache;

/**
 * Stacks are those that the program itself sees by backtrace(), when no probe is in it: every
 * return address above the function that allocates, to the outermost frame.
 */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class StackOracleTest {
  private static final long UNTIL_PROBES_ARE_GONE_NANOS = 3_000_000_000L;
  /* Every scenario has more than one; so many of the program's scenarios are different. */
  private static final int LEAST_STACKS = 100;
  private static final int REFRESH_MILLIS = 100;
  private static final int LEAST_PROBES = 20;

  private static final String DEEP = "recurse";

  /**
   * Functions of the program that return, and are not left by an exception: unwinders know nothing
   * of return probes. Jumps from one to the other leave two probes on one return address.
   */
  private static final List<String> PROBED =
      List.of(
          "chain_middle",
          "chain_end",
          "variadic",
          "big_frame",
          "bigger_frame",
          "with_alloca",
          "with_array",
          "realigned",
          "realigned_array",
          DEEP,
          "odd",
          "even",
          "tail_outer",
          "tail_middle",
          "tail_inner",
          "tail_calls",
          "left_by_jump",
          "compare",
          "sorting",
          "visit",
          "write_cookie",
          "once",
          "deep_in_thread",
          "in_handler",
          "send",
          "frame_scenarios",
          "callback_scenarios");

  /** How the program is built (app/src/test/c/oracle). */
  static final List<String> VARIANTS =
      List.of("O0", "O2", "O2-fp", "O2-nofp", "O3-stripped", "clang", "lto", "lazy", "static-pie");

  @ParameterizedTest
  @FieldSource("VARIANTS")
  void stacksOfUnfreedBlocksAreTheProgramsOwn(String variant) throws IOException {
    assertSame(variant, false, AttachKind.SESSION);
  }

  @ParameterizedTest
  @FieldSource("VARIANTS")
  void stacksOfAllAllocationsAreTheProgramsOwn(String variant) throws IOException {
    assertSame(variant, true, AttachKind.SESSION);
  }

  @ParameterizedTest
  @ValueSource(strings = {"MULTI", "PERF"})
  void stacksAreTheSameHoweverProbesAreAttached(AttachKind kind) throws IOException {
    assertSame("O2", false, kind);
  }

  @ParameterizedTest
  @ValueSource(strings = {"O0", "O2"})
  void returnProbesOfOthersDoNotShiftFrames(String variant) throws IOException {
    assertSameAmongReturnProbes(variant, true, PROBED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"O0", "O2"})
  void returnProbesOfOthersAndOurOwnDoNotShiftFrames(String variant) throws IOException {
    // With the recursion probed as well, the kernel would follow no more calls: 64 are its limit.
    assertSameAmongReturnProbes(
        variant, false, PROBED.stream().filter(name -> !name.equals(DEEP)).toList());
  }

  private static void assertSameAmongReturnProbes(
      String variant, boolean all, List<String> functions) throws IOException {
    try (OracleProgram program = OracleProgram.start(variant)) {
      Traced traced;
      try (ReturnProbes probes = ReturnProbes.attach(program.pid(), program.file(), functions)) {
        assertThat(probes.count()).isGreaterThan(LEAST_PROBES);
        traced = trace(program, all, AttachKind.SESSION);
      }
      // A process that this one is just starting holds the probes until its exec.
      LockSupport.parkNanos(UNTIL_PROBES_ARE_GONE_NANOS);
      Books books = program.books();
      assertThat(books.seen(traced.stacks)).isEqualTo(books.stacks());
    }
  }

  static void assertSame(String variant, boolean all, AttachKind kind) throws IOException {
    try (OracleProgram program = OracleProgram.start(variant)) {
      Traced traced = trace(program, all, kind);
      Books books = program.books();

      assertThat(books.stacks()).hasSizeGreaterThan(LEAST_STACKS);
      assertThat(books.seen(traced.stacks)).isEqualTo(books.stacks());
      assertThat(traced.incompleteBytes).isEmpty();
    }
  }

  /** Waits a moment for the end; what went wrong in the work is thrown here. */
  private static boolean isDone(FutureTask<Void> work) throws IOException {
    try {
      work.get(REFRESH_MILLIS, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException | InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** What is left of a trace that is closed: stacks of their own. */
  private record Traced(List<StackValue> stacks, Map<StackEnd, Long> incompleteBytes) {
    static Traced of(AllocationProfile profile) {
      return new Traced(
          profile.stacks().stream()
              .map(value -> new StackValue(copy(value.stack()), value.bytes(), value.blocks()))
              .toList(),
          profile.incompleteBytes());
    }

    private static RawStack copy(RawStack stack) {
      return new RawStack(
          stack.leaf(), stack.frames().toArray(JAVA_LONG), stack.end(), stack.epoch());
    }
  }

  /** What memstacks sees of one run of the scenarios. */
  private static Traced trace(OracleProgram program, boolean all, AttachKind kind)
      throws IOException {
    AttachWays.assumeKnown(kind.name().toLowerCase(Locale.ROOT));
    TargetProcess target = TargetProcess.of(program.pid());
    MemoryMap map = MemoryMap.of(target.pid());
    TraceOptions options = new TraceOptions(all, 0, 1 << 14, 1 << 16, false, Optional.of(kind));
    try (LoadedObjects loaded = new LoadedObjects(new TargetFiles(target.pid()))) {
      Allocator allocator = Allocator.find(target, map, loaded, AllocatorQuery.any());
      try (MallocTrace trace =
          MallocTrace.attach(
              TracePlan.ofOne(target, map, loaded, UnwindCache.none(), options), () -> allocator)) {
        trace.begin();
        FutureTask<Void> work =
            new FutureTask<>(() -> {
              program.allocate();
              return null;
            });
        Thread.ofPlatform().daemon().start(work);
        while (!isDone(work)) {
          trace.refresh();
        }
        trace.end(false);
        return Traced.of(trace.profile());
      }
    }
  }
}
