package org.memstacks.collect;

/** How a stack ended: {@code enum stack_end} of memstacks.h, in its order. */
public enum StackEnd {
  COMPLETE("complete"),
  DEPTH("more than 127 frames"),
  READ_FAULT("stack memory not readable"),
  BAD_FRAME_POINTER("no frame pointer"),
  NOT_STORED("stack store full");

  private final String reason;

  StackEnd(String reason) {
    this.reason = reason;
  }

  /** In words, for people. */
  public String reason() {
    return reason;
  }

  static StackEnd of(int value) {
    StackEnd[] all = values();
    return value >= 0 && value < all.length ? all[value] : NOT_STORED;
  }
}
