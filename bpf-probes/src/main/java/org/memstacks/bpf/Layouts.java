package org.memstacks.bpf;

/**
 * Offsets in bytes of the structures in {@code memstacks.h}, in the order they stand there. A test
 * compares them with the BTF of the compiled programs.
 */
public final class Layouts {
  private Layouts() {}

  /** {@code struct config}. */
  public static final class Config {
    public static final long LIVE_BUCKETS = 0;
    public static final long STACK_SLOTS = 4;
    public static final long MAX_STACKS = 8;
    public static final long MAX_CHUNKS = 12;
    public static final long WALK_SLOTS = 16;
    public static final long CPUS = 20;
    public static final long TID = 24;
    public static final long MAX_MAPPINGS = 28;
    public static final long PID = 32;
    public static final long PID_NS_INO = 40;
    public static final long MIN_SIZE = 48;
    public static final long MAX_SIZE = 56;
    public static final long TEMPORARY = 64;
    public static final long SIZE = 72;

    private Config() {}
  }

  /** {@code struct hooked_bodies}. */
  public static final class HookedBodies {
    public static final long RANGES = 0;
    public static final long END = 8;
    public static final long RANGE = 16;
    public static final int MAX_RANGES = 256;

    private HookedBodies() {}
  }

  /** {@code struct pool_watch} and {@code struct pool_calls}. */
  public static final class PoolWatch {
    public static final long ADDRESS_SPACE = 0;
    public static final long HOOK = 8;
    public static final int MAX_HOOKS = 1024;
    public static final long CALLS = 0;
    public static final long LARGEST = 8;
    public static final long HOOK_SIZE = 16;

    private PoolWatch() {}
  }

  /** {@code struct text_range}. */
  public static final class TextRange {
    public static final long START = 0;
    public static final long END = 8;
    public static final long SIZE = 16;

    private TextRange() {}
  }

  /** {@code struct control} and {@code enum window_state}. */
  public static final class Control {
    public static final long ACTIVE = 0;
    public static final long NEXT_CHUNK = 4;
    public static final long STACKS = 8;
    public static final long OVERFLOW = 12;
    public static final long MAPPING_SET = 16;
    public static final long MAPPING_COUNT = 20;
    public static final long GENERATION = 28;
    public static final long MISSES = 32;
    public static final long MAPPING_EPOCH = 40;
    public static final long EXECS = 48;
    public static final long MAPPING_EXECS = 52;
    public static final long LIVE_MORE = 56;
    public static final long LIVE_MORE_BUCKETS = 60;
    public static final int MAX_LIVE_TABLES = 7;
    public static final long ENDED = LIVE_MORE_BUCKETS + 4L * MAX_LIVE_TABLES;
    public static final long OLDER = ENDED + 4;
    public static final long OVERFLOW_CLOSED = OLDER + 4;
    public static final int CLOSED = 0;
    public static final int OPEN = 1;
    public static final int DRAINING = 2;

    private Control() {}
  }

  /** {@code struct live_block}. */
  public static final class LiveBlock {
    public static final long SIZE_EXECS = 0;
    public static final long STACK = 8;
    public static final long BORN = 12;
    public static final long SIZE = 16;
    public static final int SIZE_BITS = 48;

    /** A unit of {@link #BORN} is two to this power nanoseconds of CLOCK_MONOTONIC. */
    public static final int BORN_SHIFT = 23;

    private LiveBlock() {}
  }

  /** {@code struct live_bucket}. */
  public static final class LiveBucket {
    public static final int WAYS = 8;
    public static final long ADDRESS = 0;
    public static final long BLOCK = 64;
    public static final long SIZE = 192;

    private LiveBucket() {}
  }

  /** {@code struct stack_slot}. */
  public static final class StackSlot {
    public static final long HASH = 0;
    public static final long CHUNK = 8;
    public static final long HOOK = 12;
    public static final long FRAMES = 14;
    public static final long END = 15;
    public static final long EPOCH = 16;
    public static final long SIZE = 24;

    private StackSlot() {}
  }

  /** {@code struct frame_chunk}. */
  public static final class FrameChunk {
    public static final int FRAMES = 8;
    public static final long SIZE = 64;

    /** Set in a frame whose address is no return address: it means itself, not the call before. */
    public static final long EXACT = 1L << 63;

    private FrameChunk() {}
  }

  /** {@code struct code_mapping} and {@code enum code_kind}. */
  public static final class CodeMapping {
    public static final long START = 0;
    public static final long END = 8;
    public static final long BIAS = 16;
    public static final long FIRST_ROW_PAGE = 24;
    public static final long ROW_PAGES = 28;
    public static final long BASE = 32;
    public static final long KIND = 36;
    public static final long SIZE = 40;
    public static final int ROWS = 0;
    public static final int FRAME_POINTER = 1;
    public static final int ROW_PAGE_SHIFT = 9;

    /** Bytes of a {@code struct row_page}, two row numbers. */
    public static final long ROW_PAGE_BYTES = 8;

    /** Bytes of a {@code struct unwind_row}. */
    public static final long ROW_BYTES = 8;

    private CodeMapping() {}
  }

  /** {@code struct stack_sum}. */
  public static final class StackSum {
    public static final long BYTES = 0;
    public static final long EVENTS = 8;
    public static final long SIZE = 16;

    private StackSum() {}
  }

  /** {@code struct walk_head}. */
  public static final class WalkHead {
    public static final long STACK = 4;
    public static final long SUM = 8;

    private WalkHead() {}
  }

  /** {@code enum hook_op} and the positions of the attach cookie's fields. */
  public static final class Hook {
    public static final int ALLOC = 1;
    public static final int ALLOC_INTO = 2;
    public static final int REALLOC = 3;
    public static final int FREE = 4;
    public static final int RESIZE = 5;

    /** A jump: the condition plus 1, or 0, stands where else the size's argument does. */
    public static final int JUMP = 6;

    /** A jump whose target is computed at run time; the operands stand in the fields below. */
    public static final int COMPUTED_JUMP = 7;

    public static final int BASE_SHIFT = 8;
    public static final int INDEX_SHIFT = 13;
    public static final int SCALE_SHIFT = 18;
    public static final long IN_MEMORY = 1L << 20;
    public static final int DISPLACEMENT_SHIFT = 32;
    public static final int SIZE_ARG_SHIFT = 8;
    public static final int COUNT_ARG_SHIFT = 13;
    public static final int PTR_ARG_SHIFT = 18;
    public static final int ALIGN_ARG_SHIFT = 23;
    public static final int FLAGS_SHIFT = 28;
    public static final int ID_SHIFT = 32;
    public static final long NULL_IS_MALLOC = 1;
    public static final long SMALL_ALIGN_IS_MALLOC = 2;
    public static final long FREES_ON_FAILURE = 4;
    public static final long RETURNS_UNSEEN = 8;
    public static final long JUMPED_TO = 1L << 20;
    public static final long POOL = 1L << 21;

    /** Two bits each: how often the width of 64 bits is halved. */
    public static final int SIZE_WIDTH_SHIFT = 50;

    public static final int COUNT_WIDTH_SHIFT = 52;

    private Hook() {}
  }

  /** {@code struct page_chunk} and what a page's record says. */
  public static final class PageChunk {
    public static final int PAGES = 64;
    public static final long KEY = 0;
    public static final long FIRST_TIME = 8;
    public static final long FIRST_WRITE_TIME = 16;
    public static final long FIRST = 24;
    public static final long FIRST_WRITE = 28;
    public static final long RECORD = 32;
    public static final long SIZE = 288;

    /** A chunk in use has this plus its number as key. */
    public static final long FIRST_KEY = 2;

    /** The stack's number + 1. */
    public static final int STACK_MASK = 0x01ffffff;

    /** In place of a stack's number: it could not be stored. */
    public static final int NO_STACK = 0x01ffffff;

    /** In place of a stack's number: a thread of the kernel took the fault. */
    public static final int WORKER = 0x01fffffe;

    /** The page went; what the fault brought besides may have stayed. */
    public static final int GONE = 0x80000000;

    /** A read of a page that was not there: it may have mapped neighbours, or the zero page. */
    public static final int READ = 0x40000000;

    /** In the buffer of a read past the page cache, which brings pages without a fault. */
    public static final int BUFFER = 0x20000000;

    /** The page came after something was known of it: by itself, unless others went as well. */
    public static final int AGAIN = 0x08000000;

    /** Not of this page but of a neighbour that came again. */
    public static final int KEPT = 0x04000000;

    /** A call filled the range, and may have found the page there. */
    public static final int FILLED = 0x02000000;

    /** A read maps pages of a file within an aligned window of so many at most. */
    public static final int AROUND = 16;

    private PageChunk() {}
  }

  /** {@code struct page_change}. */
  public static final class PageChange {
    public static final long FROM = 0;
    public static final long TO = 8;
    public static final long TIME = 16;
    public static final long PAGES = 24;
    public static final long SIZE = 32;

    /** In place of {@link #TO}: the pages were given back. */
    public static final long DROPPED = -1;

    private PageChange() {}
  }

  /** {@code struct fault_config}. */
  public static final class FaultConfig {
    public static final long PID = 0;
    public static final long PAGE_CHUNKS = 4;
    public static final long CHANGES = 8;
    public static final long NUMA_HINTS = 12;
    public static final long TELLS_ZERO = 16;
    public static final long RETURNS = 20;
    public static final long HUGE = 24;

    /** What a fault on anonymous memory may bring besides its page: bits of {@link #HUGE}. */
    public static final int HUGE_FAULTS = 1;

    public static final int FOLIO_FAULTS = 2;

    private FaultConfig() {}
  }

  /** {@code struct fault_control} and {@code enum fault_phase}. */
  public static final class FaultControl {
    public static final long MM = 0;
    public static final long PHASE = 8;
    public static final long TGID = 12;
    public static final long EXECS = 16;
    public static final long LOCK_ALL = 20;
    public static final long CHANGES = 24;
    public static final long CHANGES_READ = 56;
    public static final long MOVES_LOST = 64;
    public static final long DROPS_LOST = 72;

    /** {@code struct page_tables}. */
    public static final long TABLES_SAMPLE = 80;

    public static final long TABLES_CONTENT = 88;
    public static final long TABLES_ADDRESS_MASK = 96;
    public static final long TABLES_DIRECT_MAP = 104;
    public static final int IGNORED = 0;
    public static final int RECORDED = 1;
    public static final int CLOSING = 2;

    private FaultControl() {}
  }

  /** {@code struct launch_control}. */
  public static final class LaunchControl {
    public static final long PARENT = 0;
    public static final long CHILD = 4;
    public static final long EXECS = 8;

    private LaunchControl() {}
  }

  /** {@code struct family_control}. */
  public static final class FamilyControl {
    public static final long EVENTS = 0;
    public static final long UNFOLLOWED = 8;

    private FamilyControl() {}
  }

  /** {@code struct family_event} and {@code enum family_kind}. */
  public static final class FamilyEvent {
    public static final long NUMBER = 0;
    public static final long NANOS = 8;
    public static final long KIND = 16;
    public static final long PROCESS = 20;
    public static final long PARENT = 24;
    public static final long SIZE = 32;

    /** How many are kept. */
    public static final int MOST = 16_384;

    public static final int FORKED = 1;
    public static final int BORROWS = 2;
    public static final int EXECED = 3;
    public static final int ENDED = 4;

    private FamilyEvent() {}
  }

  /** {@code enum mapping_op}. */
  public static final class MappingOp {
    public static final int MAP = 1;
    public static final int UNMAP = 2;
    public static final int REMAP = 3;
    public static final int ADVISE = 4;
    public static final int BREAK = 5;
    public static final int LOCK = 6;
    public static final int LOCK_ALL = 7;
    public static final int LOCK_AS = 8;
    public static final int DETACH = 9;
    public static final int ATTACH = 10;

    private MappingOp() {}
  }

  /** {@code HOOK_MAPPING}: the hook numbers of the mmap family begin here. */
  public static final int HOOK_MAPPING = 0xff00;

  /** {@code struct mapping_event} and {@code enum mapping_event_kind}. */
  public static final class MappingEvent {
    public static final long KIND = 0;
    public static final long COUNTED = 4;
    public static final long FLAGS = 8;
    public static final long STACK = 12;
    public static final long THREAD = 16;
    public static final long EXECS = 20;
    public static final long BORN = 24;
    public static final long SP = 32;
    public static final long ADDRESS = 40;
    public static final long LENGTH = 48;
    public static final long SIZE = 56;
    public static final int MAPPED = 1;
    public static final int UNMAPPING = 2;
    public static final int MOVING = 3;
    public static final int MOVED = 4;
    public static final int FAILED = 5;
    public static final int BREAK = 6;

    private MappingEvent() {}
  }

  /** {@code struct mapping_control}. */
  public static final class MappingControl {
    public static final long CALLS = 0;
    public static final long CALLS_LOST = 8;
    public static final long EVENTS_LOST = 16;
    public static final long NO_STACK = 24;
    public static final long SIZE = 32;

    private MappingControl() {}
  }

  /** {@code HOOK_FAULT}: the hook number of stacks that a fault begins. */
  public static final int HOOK_FAULT = 0xffff;

  /** {@code struct fault_stats}: the fields, in order, all 64 bits wide. */
  public enum FaultStat {
    USER,
    KERNEL,
    READS,
    WRITES,
    REPLACED,
    ZERO,
    PROTECTION,
    LOST,
    NO_STACK,
    CALLS,
    CALLS_LOST;

    /** Bytes of one row. */
    public static final long ROW = 8L * values().length;

    public long offset() {
      return 8L * ordinal();
    }
  }

  /** {@code STACK_ID_NONE}. */
  public static final int STACK_ID_NONE = -1;

  /** {@code struct stats}: the fields, in order, all 64 bits wide. */
  public enum Stat {
    REQUESTS,
    REQUESTED_BYTES,
    ALLOCATIONS,
    ALLOCATED_BYTES,
    UNRECORDED,
    UNRECORDED_BYTES,
    FREED_BLOCKS,
    FREED_BYTES,
    FAILED,
    REPLACED,
    NESTED,
    LOST_BLOCKS,
    LOST_BYTES,
    PENDING_LOST,
    PENDING_LOST_BYTES,
    UNSTORED_STACKS,
    UNSTORED_BYTES,
    WALKS,
    BUSY,
    UNREAD_RESULTS,
    UNREAD_BYTES,
    GONE_BLOCKS,
    GONE_BYTES,
    MOVED_BLOCKS,
    UNKNOWN_FREES,
    UNPROBED_RETURNS,
    UNPROBED_BYTES,
    GUESTS,
    OLDER_FREES;

    /** Bytes of one row. */
    public static final long ROW = 8L * values().length;

    public long offset() {
      return 8L * ordinal();
    }
  }
}
