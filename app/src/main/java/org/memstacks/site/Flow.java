package org.memstacks.site;

/** Where execution goes after an instruction. */
enum Flow {
  /** To the next instruction only. */
  NEXT,
  /** To {@link Instruction#target()} only. */
  JUMP,
  /** To the target or the next instruction. */
  BRANCH,
  /**
   * To the target if the last comparison found equality, which after a test against zero is zero.
   */
  BRANCH_IF_ZERO,
  /** To the target unless the last comparison found equality. */
  BRANCH_IF_NOT_ZERO,
  /** To the target if the last comparison found the first value to be less, unsigned. */
  BRANCH_IF_BELOW,
  /** To the target unless the last comparison found the first value to be less, unsigned. */
  BRANCH_IF_NOT_BELOW,
  /** To the target unless the last comparison found the first value to be greater, unsigned. */
  BRANCH_IF_NOT_ABOVE,
  /** To the target if the last comparison found the first value to be greater, unsigned. */
  BRANCH_IF_ABOVE,
  /** Into the function at the target, and normally back to the next instruction. */
  CALL,
  /** To the address held in the memory word at the target (a slot of the global offset table). */
  JUMP_THROUGH_SLOT,
  /** Into the function whose address is held in the memory word at the target, and back. */
  CALL_THROUGH_SLOT,
  /** To an address computed at run time: a function pointer or a table of cases. */
  INDIRECT_JUMP,
  /** Into a function at a computed address, and back. */
  INDIRECT_CALL,
  /** Back to the caller. */
  RETURN,
  /** Nowhere: an instruction that raises an exception by design, such as ud2. */
  TRAP,
  /** Not known: the bytes are no instruction this decoder understands. */
  UNKNOWN;

  boolean branches() {
    return switch (this) {
      case BRANCH,
          BRANCH_IF_ZERO,
          BRANCH_IF_NOT_ZERO,
          BRANCH_IF_BELOW,
          BRANCH_IF_NOT_BELOW,
          BRANCH_IF_NOT_ABOVE,
          BRANCH_IF_ABOVE ->
          true;
      default -> false;
    };
  }

  boolean calls() {
    return this == CALL || this == CALL_THROUGH_SLOT || this == INDIRECT_CALL;
  }
}
