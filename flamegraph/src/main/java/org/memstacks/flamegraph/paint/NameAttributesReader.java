package org.memstacks.flamegraph.paint;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Reads a file of attributes for frames, one function a line: {@code NAME<TAB>KEY=VALUE<TAB>...}.
 * Kept are class, id, title, target, rel, data-* and aria-*, and href where it is relative, a
 * fragment, http, https or mailto; {@code g_extra} and {@code a_extra} are read as attributes
 * themselves. Everything else is dropped and told.
 */
public final class NameAttributesReader {
  private static final Set<String> PLAIN = Set.of("class", "id", "target", "rel");
  private static final Set<String> OWN_IDS =
      Set.of("frames", "title", "subtitle", "details", "background", "backdrop", "narrow");

  private final Map<String, FrameAttributes.Entry> byName = new HashMap<>();
  private final List<String> warnings = new ArrayList<>();

  private NameAttributesReader() {}

  /** The attributes read and what was dropped of them, a sentence each. */
  public record Result(FrameAttributes attributes, List<String> warnings) {}

  /**
   * Reads the file's bytes.
   *
   * @throws IOException if a line has no tab
   */
  public static Result read(byte[] file) throws IOException {
    NameAttributesReader reader = new NameAttributesReader();
    String text = new String(file, StandardCharsets.ISO_8859_1);
    int number = 0;
    for (String line : text.split("\n", -1)) {
      number++;
      String content = line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
      if (!content.isEmpty()) {
        reader.line(content, number);
      }
    }
    return new Result(new FrameAttributes(reader.byName), reader.warnings);
  }

  private void line(String line, int number) throws IOException {
    int tab = line.indexOf('\t');
    if (tab < 0) {
      throw new IOException("line " + number + " has no tab between function and attributes");
    }
    Draft draft = new Draft(number);
    for (String field : line.substring(tab + 1).split("\t", -1)) {
      int equals = field.indexOf('=');
      if (equals < 0) {
        draft.drop(field, "it is not KEY=VALUE");
        continue;
      }
      String key = field.substring(0, equals);
      String value = utf8(field.substring(equals + 1));
      if (key.equals("g_extra") || key.equals("a_extra")) {
        draft.extra(value);
      } else {
        draft.put(key, value);
      }
    }
    byName.put(line.substring(0, tab), draft.entry());
  }

  private static String utf8(String latin1) {
    return DisplayName.of(latin1.getBytes(StandardCharsets.ISO_8859_1));
  }

  private final class Draft {
    private final int number;
    private String title;
    private String href;
    private final Map<String, String> others = new LinkedHashMap<>();

    Draft(int number) {
      this.number = number;
    }

    FrameAttributes.Entry entry() {
      if (href != null) {
        others.putIfAbsent("target", "_top");
        others.putIfAbsent("rel", "noopener noreferrer");
      }
      return new FrameAttributes.Entry(title, href, others);
    }

    void drop(String key, String why) {
      String shown = DisplayName.of(key.getBytes(StandardCharsets.ISO_8859_1));
      if (shown.length() > 40) {
        shown = shown.substring(0, 40) + "..";
      }
      warnings.add("line " + number + ": dropped \"" + shown + "\": " + why);
    }

    void put(String key, String value) {
      String name = key.toLowerCase(Locale.ROOT);
      if (name.equals("title")) {
        title = value;
      } else if (name.equals("href") || name.equals("xlink:href")) {
        if (isSafeLink(value)) {
          href = value;
        } else {
          drop(key, "links may be relative, http, https or mailto");
        }
      } else if (name.equals("id") && OWN_IDS.contains(value)) {
        drop(key, "the id \"" + value + "\" is the picture's own");
      } else if (PLAIN.contains(name) || isPrefixed(name)) {
        others.put(name, value);
      } else {
        drop(key, "this attribute is not allowed");
      }
    }

    /** Reads {@code name="value" name='value'} as attributes. */
    void extra(String text) {
      int at = 0;
      while (at < text.length()) {
        if (text.charAt(at) <= ' ') {
          at++;
          continue;
        }
        int equals = text.indexOf('=', at);
        char quote = equals > 0 && equals + 1 < text.length() ? text.charAt(equals + 1) : 0;
        int end = quote == '"' || quote == '\'' ? text.indexOf(quote, equals + 2) : -1;
        if (end < 0) {
          drop(text.substring(at), "it is not NAME=\"VALUE\"");
          return;
        }
        put(text.substring(at, equals).strip(), text.substring(equals + 2, end));
        at = end + 1;
      }
    }
  }

  private static boolean isPrefixed(String name) {
    if (!name.startsWith("data-") && !name.startsWith("aria-") || name.length() < 6) {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean allowed = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_';
      if (!allowed) {
        return false;
      }
    }
    return true;
  }

  /** Whether a link goes to a web page, a mailbox, or somewhere relative to the picture. */
  static boolean isSafeLink(String link) {
    String target = link.strip();
    if (target.startsWith("//")) {
      return false;
    }
    for (int i = 0; i < target.length(); i++) {
      char c = target.charAt(i);
      if (c <= ' ' || c == '\\' || c >= 0x7F) {
        return false;
      }
      if (c == ':') {
        String scheme = target.substring(0, i).toLowerCase(Locale.ROOT);
        return scheme.equals("http") || scheme.equals("https") || scheme.equals("mailto");
      }
      if (c == '/' || c == '?' || c == '#') {
        return isUri(target);
      }
    }
    return isUri(target);
  }

  private static boolean isUri(String text) {
    try {
      return !text.isEmpty() && new URI(text).getScheme() == null;
    } catch (URISyntaxException e) {
      return false;
    }
  }
}
