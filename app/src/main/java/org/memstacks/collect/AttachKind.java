package org.memstacks.collect;

/** Ways to attach the probes, best first. */
public enum AttachKind {
  /** One probe for entry and return (kernel 6.13 and newer). */
  SESSION,
  /** One link for all entries, one for all returns (kernel 6.6 and newer). */
  MULTI,
  /** A perf event for each probe; every kernel. */
  PERF
}
