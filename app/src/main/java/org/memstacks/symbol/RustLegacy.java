package org.memstacks.symbol;

/**
 * Names of Rust's older mangling, which borrows C++'s: a path that ends in {@code ::h} and sixteen
 * hexadecimal digits, with characters C++ has no place for spelled {@code $LT$}, {@code $u7b$},
 * {@code ..}.
 */
final class RustLegacy {
  private static final int HASH = 3 + 16;

  private RustLegacy() {}

  /** Takes a name as C++'s demangler left it; one that is not Rust's is returned unchanged. */
  static String tidy(String name) {
    int suffix = name.indexOf(" [clone ");
    int end = suffix < 0 ? name.length() : suffix;
    if (end <= HASH || !isHash(name, end - HASH)) {
      return name;
    }
    return unescape(name.substring(0, end - HASH));
  }

  private static boolean isHash(String name, int at) {
    if (!name.startsWith("::h", at)) {
      return false;
    }
    for (int i = at + 3; i < at + HASH; i++) {
      char c = name.charAt(i);
      if (!(c >= '0' && c <= '9' || c >= 'a' && c <= 'f')) {
        return false;
      }
    }
    return true;
  }

  private static String unescape(String path) {
    StringBuilder out = new StringBuilder(path.length());
    for (int i = 0; i < path.length(); ) {
      char c = path.charAt(i);
      boolean begins = i == 0 || path.charAt(i - 1) == ':';
      if (c == '_' && begins && path.startsWith("$", i + 1)) {
        i++;
      } else if (c == '.' && path.startsWith("..", i)) {
        out.append("::");
        i += 2;
      } else if (c == '$' && path.indexOf('$', i + 1) > 0) {
        int end = path.indexOf('$', i + 1);
        String replaced = escape(path.substring(i + 1, end));
        out.append(replaced == null ? path.substring(i, end + 1) : replaced);
        i = end + 1;
      } else {
        out.append(c);
        i++;
      }
    }
    return out.toString();
  }

  private static String escape(String code) {
    return switch (code) {
      case "SP" -> "@";
      case "BP" -> "*";
      case "RF" -> "&";
      case "LT" -> "<";
      case "GT" -> ">";
      case "LP" -> "(";
      case "RP" -> ")";
      case "C" -> ",";
      default -> unicode(code);
    };
  }

  private static String unicode(String code) {
    if (code.length() < 2 || code.length() > 7 || code.charAt(0) != 'u') {
      return null;
    }
    int point = 0;
    for (int i = 1; i < code.length(); i++) {
      int digit = Character.digit(code.charAt(i), 16);
      if (digit < 0) {
        return null;
      }
      point = point * 16 + digit;
    }
    return Character.isValidCodePoint(point) ? Character.toString(point) : null;
  }
}
