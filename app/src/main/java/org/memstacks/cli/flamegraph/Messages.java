package org.memstacks.cli.flamegraph;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.zip.ZipException;

/** What went wrong with a file, in words. */
final class Messages {
  private Messages() {}

  static String of(Exception e) {
    return switch (e) {
      case NoSuchFileException missing -> "there is no file " + missing.getFile();
      case AccessDeniedException denied ->
          "no permission for " + denied.getFile() + ": check its owner and mode";
      case FileSystemException other ->
          other.getFile() + ": " + (other.getReason() == null ? "failed" : other.getReason());
      case ZipException zip -> "the input is damaged gzip: " + zip.getMessage();
      case java.io.EOFException end -> "the input ends in the middle of its gzip data";
      default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    };
  }
}
