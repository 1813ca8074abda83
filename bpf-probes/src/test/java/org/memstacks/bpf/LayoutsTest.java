package org.memstacks.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.memstacks.bpf.Layouts.CodeMapping;
import org.memstacks.bpf.Layouts.Config;
import org.memstacks.bpf.Layouts.Control;
import org.memstacks.bpf.Layouts.FamilyControl;
import org.memstacks.bpf.Layouts.FamilyEvent;
import org.memstacks.bpf.Layouts.FaultConfig;
import org.memstacks.bpf.Layouts.FaultControl;
import org.memstacks.bpf.Layouts.FaultStat;
import org.memstacks.bpf.Layouts.FrameChunk;
import org.memstacks.bpf.Layouts.Hook;
import org.memstacks.bpf.Layouts.HookedBodies;
import org.memstacks.bpf.Layouts.LaunchControl;
import org.memstacks.bpf.Layouts.LiveBlock;
import org.memstacks.bpf.Layouts.LiveBucket;
import org.memstacks.bpf.Layouts.MappingControl;
import org.memstacks.bpf.Layouts.MappingEvent;
import org.memstacks.bpf.Layouts.PageChange;
import org.memstacks.bpf.Layouts.PageChunk;
import org.memstacks.bpf.Layouts.PoolWatch;
import org.memstacks.bpf.Layouts.StackSlot;
import org.memstacks.bpf.Layouts.StackSum;
import org.memstacks.bpf.Layouts.Stat;
import org.memstacks.bpf.Layouts.TextRange;
import org.memstacks.bpf.Layouts.WalkHead;

/**
 * What Java believes of the structures it shares with the BPF programs, against what clang made of
 * them.
 */
class LayoutsTest {
  private static Btf btf;

  @BeforeAll
  static void read() throws IOException {
    btf = Btf.of("memstacks");
  }

  @Test
  void config() {
    assertFields(
        "config",
        new String[] {
          "live_buckets",
          "stack_slots",
          "max_stacks",
          "max_chunks",
          "walk_slots",
          "cpus",
          "tid",
          "max_mappings",
          "pid",
          "pid_ns_ino",
          "min_size",
          "max_size",
          "temporary"
        },
        Config.LIVE_BUCKETS,
        Config.STACK_SLOTS,
        Config.MAX_STACKS,
        Config.MAX_CHUNKS,
        Config.WALK_SLOTS,
        Config.CPUS,
        Config.TID,
        Config.MAX_MAPPINGS,
        Config.PID,
        Config.PID_NS_INO,
        Config.MIN_SIZE,
        Config.MAX_SIZE,
        Config.TEMPORARY);
    assertThat(btf.struct("config").size()).isEqualTo(Config.SIZE);
  }

  @Test
  void hookedBodies() {
    assertFields(
        "hooked_bodies",
        new String[] {"ranges", "end", "range"},
        HookedBodies.RANGES,
        HookedBodies.END,
        HookedBodies.RANGE);
    assertThat(btf.struct("hooked_bodies").size())
        .isEqualTo(HookedBodies.RANGE + HookedBodies.MAX_RANGES * TextRange.SIZE);
    assertFields("text_range", new String[] {"start", "end"}, TextRange.START, TextRange.END);
  }

  @Test
  void poolWatch() {
    assertFields(
        "pool_watch",
        new String[] {"address_space", "hook"},
        PoolWatch.ADDRESS_SPACE,
        PoolWatch.HOOK);
    assertFields(
        "pool_calls", new String[] {"calls", "largest"}, PoolWatch.CALLS, PoolWatch.LARGEST);
    assertThat(btf.struct("pool_calls").size()).isEqualTo(PoolWatch.HOOK_SIZE);
    assertThat(btf.struct("pool_watch").size())
        .isEqualTo(PoolWatch.HOOK + PoolWatch.MAX_HOOKS * PoolWatch.HOOK_SIZE);
  }

  @Test
  void control() {
    assertFields(
        "control",
        new String[] {
          "active",
          "next_chunk",
          "stacks",
          "overflow",
          "mapping_set",
          "mapping_count",
          "generation",
          "misses",
          "execs",
          "mapping_execs",
          "live_more",
          "live_more_buckets",
          "ended",
          "older",
          "overflow_closed"
        },
        Control.ACTIVE,
        Control.NEXT_CHUNK,
        Control.STACKS,
        Control.OVERFLOW,
        Control.MAPPING_SET,
        Control.MAPPING_COUNT,
        Control.GENERATION,
        Control.MISSES,
        Control.EXECS,
        Control.MAPPING_EXECS,
        Control.LIVE_MORE,
        Control.LIVE_MORE_BUCKETS,
        Control.ENDED,
        Control.OLDER,
        Control.OVERFLOW_CLOSED);
  }

  @Test
  void countersAreNamedAndOrderedAlike() {
    List<String> names =
        Arrays.stream(Stat.values()).map(stat -> stat.name().toLowerCase(Locale.ROOT)).toList();
    assertThat(btf.fieldNames("stats")).isEqualTo(names);
    assertThat(btf.struct("stats").size()).isEqualTo(Stat.ROW);
  }

  @Test
  void liveBlocks() {
    assertFields(
        "live_block",
        new String[] {"size_execs", "stack", "born"},
        LiveBlock.SIZE_EXECS,
        LiveBlock.STACK,
        LiveBlock.BORN);
    assertSize("live_block", LiveBlock.SIZE);
    assertFields(
        "live_bucket", new String[] {"address", "block"}, LiveBucket.ADDRESS, LiveBucket.BLOCK);
    assertSize("live_bucket", LiveBucket.SIZE);
    assertThat(LiveBucket.BLOCK).isEqualTo(LiveBucket.WAYS * 8L);
  }

  @Test
  void stacks() {
    assertFields(
        "stack_slot",
        new String[] {"hash", "chunk", "hook", "frames", "end"},
        StackSlot.HASH,
        StackSlot.CHUNK,
        StackSlot.HOOK,
        StackSlot.FRAMES,
        StackSlot.END);
    assertSize("stack_slot", StackSlot.SIZE);
    assertSize("frame_chunk", FrameChunk.SIZE);
    assertThat(FrameChunk.SIZE).isEqualTo(FrameChunk.FRAMES * 8L);
    assertFields("stack_sum", new String[] {"bytes", "events"}, StackSum.BYTES, StackSum.EVENTS);
    assertSize("stack_sum", StackSum.SIZE);
    assertFields("walk_head", new String[] {"stack", "sum"}, WalkHead.STACK, WalkHead.SUM);
    assertThat(btf.struct("walk").fields()).containsEntry("head", 0L);
  }

  @Test
  void codeMappings() {
    assertFields(
        "code_mapping",
        new String[] {"start", "end", "bias", "first_row_page", "row_pages", "base", "kind"},
        CodeMapping.START,
        CodeMapping.END,
        CodeMapping.BIAS,
        CodeMapping.FIRST_ROW_PAGE,
        CodeMapping.ROW_PAGES,
        CodeMapping.BASE,
        CodeMapping.KIND);
    assertSize("code_mapping", CodeMapping.SIZE);
    assertSize("row_page", CodeMapping.ROW_PAGE_BYTES);
    assertSize("unwind_row", CodeMapping.ROW_BYTES);
  }

  @Test
  void pagesAndTheirFaults() throws IOException {
    Btf faults = Btf.of("pgfaultstacks");
    assertThat(faults.struct("page_chunk").fields())
        .containsEntry("key", PageChunk.KEY)
        .containsEntry("first_time", PageChunk.FIRST_TIME)
        .containsEntry("first_write_time", PageChunk.FIRST_WRITE_TIME)
        .containsEntry("first", PageChunk.FIRST)
        .containsEntry("first_write", PageChunk.FIRST_WRITE)
        .containsEntry("record", PageChunk.RECORD);
    assertThat(faults.struct("page_chunk").size()).isEqualTo(PageChunk.SIZE);
    assertThat(PageChunk.SIZE).isEqualTo(PageChunk.RECORD + 4L * PageChunk.PAGES);
    assertThat(faults.struct("page_change").fields())
        .containsEntry("from", PageChange.FROM)
        .containsEntry("to", PageChange.TO)
        .containsEntry("time", PageChange.TIME)
        .containsEntry("pages", PageChange.PAGES);
    assertThat(faults.struct("page_change").size()).isEqualTo(PageChange.SIZE);
    assertThat(faults.struct("fault_config").fields())
        .containsEntry("page_chunks", FaultConfig.PAGE_CHUNKS)
        .containsEntry("changes", FaultConfig.CHANGES)
        .containsEntry("numa_hints", FaultConfig.NUMA_HINTS)
        .containsEntry("returns", FaultConfig.RETURNS)
        .containsEntry("huge", FaultConfig.HUGE);
    assertThat(faults.struct("fault_control").fields())
        .containsEntry("phase", FaultControl.PHASE)
        .containsEntry("execs", FaultControl.EXECS)
        .containsEntry("lock_all", FaultControl.LOCK_ALL)
        .containsEntry("changes", FaultControl.CHANGES)
        .containsEntry("changes_read", FaultControl.CHANGES_READ)
        .containsEntry("moves_lost", FaultControl.MOVES_LOST)
        .containsEntry("drops_lost", FaultControl.DROPS_LOST)
        .containsEntry("tables", FaultControl.TABLES_SAMPLE);
    assertThat(faults.struct("page_tables").fields())
        .containsEntry("sample", 0L)
        .containsEntry("content", FaultControl.TABLES_CONTENT - FaultControl.TABLES_SAMPLE)
        .containsEntry(
            "address_mask", FaultControl.TABLES_ADDRESS_MASK - FaultControl.TABLES_SAMPLE)
        .containsEntry("direct_map", FaultControl.TABLES_DIRECT_MAP - FaultControl.TABLES_SAMPLE);
    assertThat(faults.fieldNames("fault_stats"))
        .isEqualTo(
            Arrays.stream(FaultStat.values())
                .map(stat -> stat.name().toLowerCase(Locale.ROOT))
                .toList());
    assertThat(faults.struct("fault_stats").size()).isEqualTo(FaultStat.ROW);
    assertThat(faults.struct("config").size()).isEqualTo(btf.struct("config").size());
  }

  @Test
  void mappings() throws IOException {
    Btf mappings = Btf.of("mappings");
    assertThat(mappings.struct("mapping_event").fields())
        .containsEntry("kind", MappingEvent.KIND)
        .containsEntry("counted", MappingEvent.COUNTED)
        .containsEntry("flags", MappingEvent.FLAGS)
        .containsEntry("stack", MappingEvent.STACK)
        .containsEntry("thread", MappingEvent.THREAD)
        .containsEntry("execs", MappingEvent.EXECS)
        .containsEntry("born", MappingEvent.BORN)
        .containsEntry("sp", MappingEvent.SP)
        .containsEntry("address", MappingEvent.ADDRESS)
        .containsEntry("length", MappingEvent.LENGTH);
    assertThat(mappings.struct("mapping_event").size()).isEqualTo(MappingEvent.SIZE);
    assertThat(mappings.struct("mapping_control").fields())
        .containsEntry("calls", MappingControl.CALLS)
        .containsEntry("calls_lost", MappingControl.CALLS_LOST)
        .containsEntry("events_lost", MappingControl.EVENTS_LOST)
        .containsEntry("no_stack", MappingControl.NO_STACK);
    assertThat(mappings.struct("mapping_control").size()).isEqualTo(MappingControl.SIZE);
    assertThat(mappings.struct("config").size()).isEqualTo(btf.struct("config").size());
  }

  @Test
  void launches() throws IOException {
    Btf launch = Btf.of("launch");
    assertThat(launch.struct("launch_control").fields())
        .containsEntry("parent", LaunchControl.PARENT)
        .containsEntry("child", LaunchControl.CHILD)
        .containsEntry("execs", LaunchControl.EXECS);
    assertThat(launch.struct("config").size()).isEqualTo(btf.struct("config").size());
  }

  @Test
  void families() throws IOException {
    Btf family = Btf.of("family");
    assertThat(family.struct("family_control").fields())
        .containsEntry("events", FamilyControl.EVENTS)
        .containsEntry("unfollowed", FamilyControl.UNFOLLOWED);
    assertThat(family.struct("family_event").fields())
        .containsEntry("number", FamilyEvent.NUMBER)
        .containsEntry("nanos", FamilyEvent.NANOS)
        .containsEntry("kind", FamilyEvent.KIND)
        .containsEntry("process", FamilyEvent.PROCESS)
        .containsEntry("parent", FamilyEvent.PARENT);
    assertThat(family.struct("family_event").size()).isEqualTo(FamilyEvent.SIZE);
    assertThat(family.struct("config").size()).isEqualTo(btf.struct("config").size());
  }

  /** Enumerators and macros leave no trace in what was compiled; the header itself is asked. */
  @Test
  void constants() throws IOException {
    Map<String, Long> header = constantsOf(Path.of("src/main/bpf/memstacks.h"));
    assertThat(header)
        .containsEntry("FAMILY_FORKED", (long) FamilyEvent.FORKED)
        .containsEntry("FAMILY_BORROWS", (long) FamilyEvent.BORROWS)
        .containsEntry("FAMILY_EXECED", (long) FamilyEvent.EXECED)
        .containsEntry("FAMILY_ENDED", (long) FamilyEvent.ENDED)
        .containsEntry("FAMILY_EVENTS", (long) FamilyEvent.MOST)
        .containsEntry("HOOK_ALLOC", (long) Hook.ALLOC)
        .containsEntry("HOOK_ALLOC_INTO", (long) Hook.ALLOC_INTO)
        .containsEntry("HOOK_REALLOC", (long) Hook.REALLOC)
        .containsEntry("HOOK_FREE", (long) Hook.FREE)
        .containsEntry("HOOK_RESIZE", (long) Hook.RESIZE)
        .containsEntry("HOOK_JUMP", (long) Hook.JUMP)
        .containsEntry("HOOK_COMPUTED_JUMP", (long) Hook.COMPUTED_JUMP)
        .containsEntry("HOOK_BASE_SHIFT", (long) Hook.BASE_SHIFT)
        .containsEntry("HOOK_INDEX_SHIFT", (long) Hook.INDEX_SHIFT)
        .containsEntry("HOOK_SCALE_SHIFT", (long) Hook.SCALE_SHIFT)
        .containsEntry("HOOK_DISPLACEMENT_SHIFT", (long) Hook.DISPLACEMENT_SHIFT)
        .containsEntry("HOOK_FREES_ON_FAILURE", Hook.FREES_ON_FAILURE)
        .containsEntry("HOOK_RETURNS_UNSEEN", Hook.RETURNS_UNSEEN)
        .containsEntry("HOOK_SIZE_ARG_SHIFT", (long) Hook.SIZE_ARG_SHIFT)
        .containsEntry("HOOK_COUNT_ARG_SHIFT", (long) Hook.COUNT_ARG_SHIFT)
        .containsEntry("HOOK_PTR_ARG_SHIFT", (long) Hook.PTR_ARG_SHIFT)
        .containsEntry("HOOK_ALIGN_ARG_SHIFT", (long) Hook.ALIGN_ARG_SHIFT)
        .containsEntry("HOOK_FLAGS_SHIFT", (long) Hook.FLAGS_SHIFT)
        .containsEntry("HOOK_ID_SHIFT", (long) Hook.ID_SHIFT)
        .containsEntry("HOOK_NULL_IS_MALLOC", Hook.NULL_IS_MALLOC)
        .containsEntry("HOOK_SMALL_ALIGN_IS_MALLOC", Hook.SMALL_ALIGN_IS_MALLOC)
        .containsEntry("STACK_ID_NONE", Layouts.STACK_ID_NONE & 0xffffffffL)
        .containsEntry("MAX_NESTED_RANGES", (long) HookedBodies.MAX_RANGES)
        .containsEntry("LIVE_WAYS", (long) LiveBucket.WAYS)
        .containsEntry("LIVE_SIZE_BITS", (long) LiveBlock.SIZE_BITS)
        .containsEntry("LIVE_BORN_SHIFT", (long) LiveBlock.BORN_SHIFT)
        .containsEntry("WINDOW_CLOSED", (long) Control.CLOSED)
        .containsEntry("WINDOW_OPEN", (long) Control.OPEN)
        .containsEntry("WINDOW_DRAINING", (long) Control.DRAINING)
        .containsEntry("FRAMES_PER_CHUNK", (long) FrameChunk.FRAMES)
        .containsEntry("ROW_PAGE_SHIFT", (long) CodeMapping.ROW_PAGE_SHIFT)
        .containsEntry("HOOK_MAPPING", (long) Layouts.HOOK_MAPPING)
        .containsEntry("EVENT_MAPPED", (long) MappingEvent.MAPPED)
        .containsEntry("EVENT_UNMAPPING", (long) MappingEvent.UNMAPPING)
        .containsEntry("EVENT_MOVING", (long) MappingEvent.MOVING)
        .containsEntry("EVENT_MOVED", (long) MappingEvent.MOVED)
        .containsEntry("EVENT_FAILED", (long) MappingEvent.FAILED)
        .containsEntry("EVENT_BREAK", (long) MappingEvent.BREAK)
        .containsEntry("CODE_ROWS", (long) CodeMapping.ROWS)
        .containsEntry("CODE_FRAME_POINTER", (long) CodeMapping.FRAME_POINTER);
  }

  private static Map<String, Long> constantsOf(Path header) throws IOException {
    Map<String, Long> constants = new HashMap<>();
    Matcher found =
        Pattern.compile("(?m)^(?:#define\\s+(\\w+)\\s+|\\s+(\\w+) = )(0x[0-9a-f]+|[0-9]+)u?\\b")
            .matcher(Files.readString(header));
    while (found.find()) {
      String name = found.group(1) == null ? found.group(2) : found.group(1);
      constants.put(name, Long.decode(found.group(3)));
    }
    return constants;
  }

  private static void assertFields(String struct, String[] names, long... offsets) {
    for (int i = 0; i < names.length; i++) {
      assertThat(btf.struct(struct).fields()).containsEntry(names[i], offsets[i]);
    }
  }

  private static void assertSize(String struct, long bytes) {
    assertThat(btf.struct(struct).size()).isEqualTo(bytes);
  }
}
