package org.memstacks.symbol;

/** Reads the elements of a name in Rust's v0 mangling, after its prefix {@code _R}. */
final class RustV0Reader {
  /** Digits of a 64-bit number. */
  private static final int MAX_BASE62 = 11;

  /** The name is not in this mangling, or beyond the bounds. */
  static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed() {
      super(null, null, false, false);
    }
  }

  /**
   * @param disambiguator 0 for the first of several of one name
   */
  record Identifier(String text, long disambiguator) {}

  private final String text;
  private int at;

  RustV0Reader(String text) {
    this.text = text;
  }

  int position() {
    return at;
  }

  void moveTo(int position) {
    at = position;
  }

  boolean atEnd() {
    return at == text.length();
  }

  void back() {
    at--;
  }

  /** Hexadecimal digits up to, and without, the underscore that ends them. */
  String hexadecimal() throws Malformed {
    int from = at;
    while (at < text.length() && Character.digit(text.charAt(at), 16) >= 0) {
      at++;
    }
    String digits = text.substring(from, at);
    if (next() != '_') {
      throw new Malformed();
    }
    return digits;
  }

  Identifier identifier() throws Malformed {
    long disambiguator = optionalBase62('s');
    boolean punycode = eat('u');
    int length = 0;
    char first = next();
    if (first < '0' || first > '9') {
      throw new Malformed();
    }
    length = first - '0';
    while (length > 0 && at < text.length() && Character.digit(text.charAt(at), 10) >= 0) {
      length = length * 10 + Character.digit(next(), 10);
      if (length > text.length()) {
        throw new Malformed();
      }
    }
    eat('_');
    if (length > text.length() - at) {
      throw new Malformed();
    }
    String name = text.substring(at, at + length);
    at += length;
    if (punycode) {
      name = Punycode.decode(name);
      if (name == null) {
        throw new Malformed();
      }
    }
    return new Identifier(name, disambiguator);
  }

  long optionalBase62(char tag) throws Malformed {
    return eat(tag) ? base62() + 1 : 0;
  }

  /** Crate hashes fill 64 bits: the value may come out negative. */
  long base62() throws Malformed {
    if (eat('_')) {
      return 0;
    }
    long value = 0;
    int digits = 0;
    for (char c = next(); c != '_'; c = next()) {
      int digit =
          c >= '0' && c <= '9'
              ? c - '0'
              : c >= 'a' && c <= 'z' ? c - 'a' + 10 : c >= 'A' && c <= 'Z' ? c - 'A' + 36 : -1;
      if (digit < 0 || ++digits > MAX_BASE62) {
        throw new Malformed();
      }
      value = value * 62 + digit;
    }
    return value + 1;
  }

  char next() throws Malformed {
    if (at >= text.length()) {
      throw new Malformed();
    }
    return text.charAt(at++);
  }

  boolean eat(char c) {
    boolean there = at < text.length() && text.charAt(at) == c;
    at += there ? 1 : 0;
    return there;
  }
}
