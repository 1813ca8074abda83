package org.memstacks.cli;

/** The version all commands print. */
public final class Version {
  public static final String TEXT = "0.1.0";

  private Version() {}
}
