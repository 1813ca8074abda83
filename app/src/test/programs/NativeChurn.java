import java.nio.ByteBuffer;
import java.util.zip.Deflater;

/** Takes native memory from compiled Java code, without end: by the JDK's native methods and by the JVM itself. */
class NativeChurn {
  public static void main(String[] args) throws InterruptedException {
    byte[] input = new byte[2000];
    byte[] output = new byte[4000];
    long sum = 0;
    while (sum >= 0) {
      for (int i = 0; i < 50; i++) {
        sum += work(input, output, i % 10);
      }
      Thread.sleep(1);
    }
  }

  private static long work(byte[] input, byte[] output, int depth) {
    if (depth > 0) {
      return work(input, output, depth - 1) + 1;
    }
    Deflater deflater = new Deflater();
    deflater.setInput(input);
    deflater.finish();
    int length = deflater.deflate(output);
    deflater.end();
    return length + ByteBuffer.allocateDirect(500).capacity();
  }
}
