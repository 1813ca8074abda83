package org.memstacks.flamegraph.paint;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Attributes given to frames by name: links, classes, titles. All were checked when read. */
public final class FrameAttributes {
  /** No attributes for any frame. */
  public static final FrameAttributes NONE = new FrameAttributes(Map.of());

  private final Map<String, Entry> byName;

  /**
   * Attributes by name.
   *
   * @param byName keys are names' bytes as ISO 8859-1 characters
   */
  FrameAttributes(Map<String, Entry> byName) {
    this.byName = byName;
  }

  boolean isEmpty() {
    return byName.isEmpty();
  }

  Entry of(byte[] name) {
    return byName.get(new String(name, java.nio.charset.StandardCharsets.ISO_8859_1));
  }

  /**
   * The attributes of one name.
   *
   * @param title replaces the frame's own title; null to keep that
   * @param href makes the frame a link; null for none
   * @param others further attributes, in order
   */
  record Entry(String title, String href, Map<String, String> others) {
    Entry {
      others = new LinkedHashMap<>(others);
    }

    void open(XmlOut out) throws IOException {
      out.raw(href == null ? "<g" : "<a");
      if (href != null) {
        out.raw(" href=\"").text(href).raw("\"");
      }
      for (Map.Entry<String, String> other : others.entrySet()) {
        out.raw(" ").raw(other.getKey()).raw("=\"").text(other.getValue()).raw("\"");
      }
      out.raw(">");
    }

    byte[] close() {
      return XmlOut.bytes(href == null ? "</g>\n" : "</a>\n");
    }
  }
}
