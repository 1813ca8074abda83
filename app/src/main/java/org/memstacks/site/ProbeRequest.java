package org.memstacks.site;

/**
 * What a probe needs of the place it sits in.
 *
 * @param side whether the probe also catches the function's return
 * @param arguments how many of the first integer arguments it reads
 * @param nullSkippable whether calls whose first argument is NULL need not be seen
 * @param argumentsMayMove whether the probe can read an argument from another register than the
 *     calling convention's
 */
public record ProbeRequest(
    Side side, int arguments, boolean nullSkippable, boolean argumentsMayMove) {

  /** Which ends of a call a probe sees. */
  public enum Side {
    /** The entry only: any place each call passes. */
    ENTRY_ONLY,
    /**
     * Entry and return: a place where the return address still lies where the kernel replaces it.
     */
    WITH_RETURN
  }

  /** The most arguments a probe reads. */
  public static final int MAX_ARGUMENTS = 4;

  public ProbeRequest {
    if (arguments < 0 || arguments > MAX_ARGUMENTS || nullSkippable && arguments == 0) {
      throw new IllegalArgumentException(
          "a probe reads 0 to " + MAX_ARGUMENTS + " arguments, not " + arguments);
    }
  }

  public static ProbeRequest entryOnly(int arguments) {
    return new ProbeRequest(Side.ENTRY_ONLY, arguments, false, false);
  }

  public static ProbeRequest withReturn(int arguments) {
    return new ProbeRequest(Side.WITH_RETURN, arguments, false, false);
  }

  /** The same, where a call with NULL as first argument may go unseen. */
  public ProbeRequest skippingNull() {
    return new ProbeRequest(side, arguments, true, argumentsMayMove);
  }

  /** The same, where {@link ProbeSite#argumentRegisters()} will be heeded. */
  public ProbeRequest anyRegister() {
    return new ProbeRequest(side, arguments, nullSkippable, true);
  }
}
