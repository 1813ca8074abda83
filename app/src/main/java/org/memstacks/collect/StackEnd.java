package org.memstacks.collect;

/** How a stack ended: {@code enum stack_end} of memstacks.h, in its order. */
public enum StackEnd {
  COMPLETE("complete"),
  COMPLETE_BY_FRAME_POINTER("complete, partly by frame pointer"),
  DEPTH("more than 127 frames"),
  NO_MAPPING("return address outside all code"),
  NO_FRAME_POINTER("no unwind information and no frame pointer"),
  GAP("gap in unwind information"),
  UNSUPPORTED("unsupported unwind rule"),
  UNFIT("unwind rule too large"),
  LAZY_BINDING("inside lazy binding"),
  READ_FAULT("stack memory not readable"),
  FRAME_POINTER_LOST("frame pointer lost"),
  NOT_INCREASING("stack does not ascend"),
  TRAMPOLINE("return probe not matched");

  private final String reason;

  StackEnd(String reason) {
    this.reason = reason;
  }

  /** In words, for people; stable, documented in docs/accuracy.md. */
  public String reason() {
    return reason;
  }

  /** Whether the stack reaches its outermost frame. */
  public boolean isComplete() {
    return this == COMPLETE || this == COMPLETE_BY_FRAME_POINTER;
  }

  static StackEnd of(int value) {
    return values()[value];
  }
}
