package org.memstacks.flamegraph.paint;

import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import org.memstacks.flamegraph.palette.NameColors;
import org.memstacks.flamegraph.store.Column;
import org.memstacks.flamegraph.store.Packing;
import org.memstacks.flamegraph.tree.FrameTree;

/** Writes the whole tree into the picture, in elements of less than 1 MB of text. */
final class StoreWriter {
  /** Divisible by 3, so that every element's base64 text can be decoded by itself. */
  private static final int BYTES_PER_ELEMENT = 3 * 240_000;

  private final XmlOut out;
  private final FrameTree tree;
  private final NameColors colors;
  private final FrameAttributes attributes;
  private final Packing packing;

  StoreWriter(
      XmlOut out, FrameTree tree, NameColors colors, FrameAttributes attributes, Packing packing) {
    this.out = out;
    this.tree = tree;
    this.colors = colors;
    this.attributes = attributes;
    this.packing = packing;
  }

  /** Writes all columns. */
  void write() throws IOException {
    int[] names = packing.names();
    Column.Packed texts = packing.pack(texts(names));
    Column.Packed shades = packing.pack(shades(names));
    for (Column.Packed column : packing.columns()) {
      write(column);
    }
    write(texts);
    write(shades);
    if (!attributes.isEmpty()) {
      attributes(names);
    }
  }

  private void write(Column.Packed column) throws IOException {
    byte[] bytes = column.deflated();
    for (int at = 0; at < bytes.length; at += BYTES_PER_ELEMENT) {
      int end = Math.min(bytes.length, at + BYTES_PER_ELEMENT);
      byte[] part = Arrays.copyOfRange(bytes, at, end);
      out.raw("<metadata data-column=\"").raw(column.name()).raw("\">");
      out.raw(Base64.getEncoder().encode(part)).raw("</metadata>\n");
    }
  }

  /** The names as shown, each with a line end, in the order of their numbers in the store. */
  private Column texts(int[] names) {
    Column texts = new Column("names");
    for (int name : names) {
      texts.line(DisplayName.of(tree.names().get(name)));
    }
    return texts;
  }

  /** The colour of the root, then of each name, three bytes each. */
  private Column shades(int[] names) {
    byte[] bytes = new byte[3 * (names.length + 1)];
    for (int i = 0; i <= names.length; i++) {
      int color = colors.of(i == 0 ? -1 : names[i - 1]);
      bytes[3 * i] = (byte) (color >> 16);
      bytes[3 * i + 1] = (byte) (color >> 8);
      bytes[3 * i + 2] = (byte) color;
    }
    Column shades = new Column("colors");
    shades.octets(bytes);
    return shades;
  }

  /** Attributes as JSON keyed by the number of the name in the store. */
  private void attributes(int[] names) throws IOException {
    StringBuilder json = new StringBuilder("{");
    for (int i = 0; i < names.length; i++) {
      FrameAttributes.Entry entry = attributes.of(tree.names().get(names[i]));
      if (entry != null) {
        json.append(json.length() == 1 ? "" : ",").append('"').append(i).append("\":{\"title\":");
        Json.string(json, entry.title());
        json.append(",\"href\":");
        Json.string(json, entry.href());
        json.append(",\"others\":{");
        String separator = "";
        for (Map.Entry<String, String> other : entry.others().entrySet()) {
          json.append(separator);
          Json.string(json, other.getKey());
          json.append(':');
          Json.string(json, other.getValue());
          separator = ",";
        }
        json.append("}}");
      }
    }
    out.raw("<metadata data-column=\"attributes\">").text(json.append('}').toString());
    out.raw("</metadata>\n");
  }
}
