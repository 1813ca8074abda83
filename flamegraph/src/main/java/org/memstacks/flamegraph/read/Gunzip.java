package org.memstacks.flamegraph.read;

import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Inflates gzip members one after the other. The JDK's stream ends at what does not begin like
 * another member and says nothing; stacks may be in there, so here that is an error. Zeros, with
 * which tapes are filled up, are none.
 */
final class Gunzip extends GZIPInputStream {
  private static final int BUFFER = 1 << 16;
  private static final int TRAILER = 8;

  Gunzip(InputStream in) throws IOException {
    super(in, BUFFER);
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int count = super.read(bytes, offset, length);
    if (count < 0) {
      checkRest();
    }
    return count;
  }

  private void checkRest() throws IOException {
    for (int i = len - inf.getRemaining() + TRAILER; i < len; i++) {
      check(buf[i]);
    }
    for (int next = in.read(); next >= 0; next = in.read()) {
      check(next);
    }
    inf.setInput(buf, 0, 0);
    len = 0;
  }

  private static void check(int rest) throws ZipException {
    if (rest != 0) {
      throw new ZipException("behind its end there is something else");
    }
  }
}
