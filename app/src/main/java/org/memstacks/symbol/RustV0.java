package org.memstacks.symbol;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Names of Rust's current mangling (RFC 2603, "Symbol name mangling v0"), written without crate
 * hashes and without the types of constants. Output and work are bounded: a name of a hundred bytes
 * may refer back to itself often enough to stand for gigabytes.
 */
final class RustV0 {
  private static final int MAX_DEPTH = 200;
  private static final int MAX_OUTPUT = 1 << 16;
  private static final int MAX_STEPS = 1 << 16;

  /** Digits of a 64-bit number. */
  private static final int MAX_BASE62 = 11;

  /** The name is not in this mangling, or beyond the bounds. */
  private static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed() {
      super(null, null, false, false);
    }
  }

  private final String text;
  private final StringBuilder out = new StringBuilder();
  private int at;
  private int depth;
  private int steps;
  private boolean silent;
  private long boundLifetimes;

  private RustV0(String text) {
    this.text = text;
  }

  /** Empty when it is not such a name. */
  static Optional<String> demangle(byte[] symbol) {
    String name = new String(symbol, StandardCharsets.ISO_8859_1);
    if (!name.startsWith("_R") || name.length() < 3 || name.length() > MAX_OUTPUT) {
      return Optional.empty();
    }
    int suffix = suffix(name);
    RustV0 parser = new RustV0(name.substring(2, suffix));
    try {
      parser.path(true);
      if (parser.at < parser.text.length()) {
        // The crate that instantiated a generic function.
        parser.silent = true;
        parser.path(false);
      }
      if (parser.at < parser.text.length()) {
        return Optional.empty();
      }
    } catch (Malformed e) {
      return Optional.empty();
    }
    String rest = name.substring(suffix);
    return Optional.of(parser.out + (rest.startsWith(".llvm.") ? "" : rest));
  }

  /** Where what compilers append begins: .llvm.123, .cold. */
  private static int suffix(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (name.charAt(i) == '.' || name.charAt(i) == '$') {
        return i;
      }
    }
    return name.length();
  }

  private void path(boolean value) throws Malformed {
    enter();
    switch (next()) {
      case 'C' -> identifier().print(this);
      case 'N' -> nested(value);
      case 'M' -> {
        implPath();
        print("<");
        type();
        print(">");
      }
      case 'X' -> {
        implPath();
        qualified();
      }
      case 'Y' -> qualified();
      case 'I' -> {
        path(value);
        print(value ? "::<" : "<");
        genericArguments();
        print(">");
      }
      case 'B' -> {
        int resume = backReference();
        if (resume >= 0) {
          path(value);
          at = resume;
        }
      }
      default -> throw new Malformed();
    }
    depth--;
  }

  private void nested(boolean value) throws Malformed {
    char namespace = next();
    path(value);
    Identifier name = identifier();
    if (namespace >= 'A' && namespace <= 'Z') {
      print("::{");
      print(namespace == 'C' ? "closure" : namespace == 'S' ? "shim" : "" + namespace);
      if (!name.text().isEmpty()) {
        print(":");
        name.print(this);
      }
      print("#" + Long.toUnsignedString(name.disambiguator()) + "}");
    } else if (namespace >= 'a' && namespace <= 'z') {
      if (!name.text().isEmpty()) {
        print("::");
        name.print(this);
      }
    } else {
      throw new Malformed();
    }
  }

  /** Where an impl stands says nothing to the reader. */
  private void implPath() throws Malformed {
    optionalBase62('s');
    boolean before = silent;
    silent = true;
    path(false);
    silent = before;
  }

  private void qualified() throws Malformed {
    print("<");
    type();
    print(" as ");
    path(false);
    print(">");
  }

  private void genericArguments() throws Malformed {
    for (int i = 0; !eat('E'); i++) {
      print(i > 0 ? ", " : "");
      if (eat('L')) {
        lifetime(base62());
      } else if (eat('K')) {
        constant();
      } else {
        type();
      }
    }
  }

  private void type() throws Malformed {
    enter();
    char tag = next();
    String basic = RustTypes.basic(tag);
    if (basic != null) {
      print(basic);
      depth--;
      return;
    }
    switch (tag) {
      case 'A' -> {
        print("[");
        type();
        print("; ");
        constant();
        print("]");
      }
      case 'S' -> {
        print("[");
        type();
        print("]");
      }
      case 'T' -> tuple();
      case 'R', 'Q' -> reference(tag == 'Q');
      case 'P' -> {
        print("*const ");
        type();
      }
      case 'O' -> {
        print("*mut ");
        type();
      }
      case 'F' -> function();
      case 'D' -> dynamic();
      case 'B' -> {
        int resume = backReference();
        if (resume >= 0) {
          type();
          at = resume;
        }
      }
      default -> {
        at--;
        path(false);
      }
    }
    depth--;
  }

  private void tuple() throws Malformed {
    print("(");
    int count = 0;
    for (; !eat('E'); count++) {
      print(count > 0 ? ", " : "");
      type();
    }
    print(count == 1 ? ",)" : ")");
  }

  private void reference(boolean mutable) throws Malformed {
    print("&");
    if (eat('L')) {
      long lifetime = base62();
      if (lifetime != 0) {
        lifetime(lifetime);
        print(" ");
      }
    }
    print(mutable ? "mut " : "");
    type();
  }

  private void function() throws Malformed {
    long outer = boundLifetimes;
    binder();
    print(eat('U') ? "unsafe " : "");
    if (eat('K')) {
      print("extern \"");
      if (eat('C')) {
        print("C");
      } else {
        print(identifier().text().replace('_', '-'));
      }
      print("\" ");
    }
    print("fn(");
    for (int i = 0; !eat('E'); i++) {
      print(i > 0 ? ", " : "");
      type();
    }
    print(")");
    if (!eat('u')) {
      print(" -> ");
      type();
    }
    boundLifetimes = outer;
  }

  private void dynamic() throws Malformed {
    print("dyn ");
    long outer = boundLifetimes;
    binder();
    for (int i = 0; !eat('E'); i++) {
      print(i > 0 ? " + " : "");
      dynamicTrait();
    }
    boundLifetimes = outer;
    if (!eat('L')) {
      throw new Malformed();
    }
    long lifetime = base62();
    if (lifetime != 0) {
      print(" + ");
      lifetime(lifetime);
    }
  }

  private void dynamicTrait() throws Malformed {
    boolean open = openPath();
    while (eat('p')) {
      print(open ? ", " : "<");
      open = true;
      identifier().print(this);
      print(" = ");
      type();
    }
    print(open ? ">" : "");
  }

  /** A path whose list of generic arguments, if it has one, is left open for more. */
  private boolean openPath() throws Malformed {
    enter();
    boolean open = false;
    if (eat('B')) {
      int resume = backReference();
      if (resume >= 0) {
        open = openPath();
        at = resume;
      }
    } else if (eat('I')) {
      path(false);
      print("<");
      genericArguments();
      open = true;
    } else {
      path(false);
    }
    depth--;
    return open;
  }

  private void constant() throws Malformed {
    enter();
    char tag = next();
    if (tag == 'B') {
      int resume = backReference();
      if (resume >= 0) {
        constant();
        at = resume;
      }
    } else if (tag == 'p') {
      print("_");
    } else {
      boolean negative = eat('n');
      int from = at;
      while (at < text.length() && Character.digit(text.charAt(at), 16) >= 0) {
        at++;
      }
      String digits = text.substring(from, at);
      if (next() != '_') {
        throw new Malformed();
      }
      String shown = RustTypes.constant(tag, negative, digits);
      if (shown == null) {
        throw new Malformed();
      }
      print(shown);
    }
    depth--;
  }

  private void binder() throws Malformed {
    long count = optionalBase62('G');
    if (count == 0) {
      return;
    }
    if (count < 0 || count > 64) {
      throw new Malformed();
    }
    print("for<");
    for (int i = 0; i < count; i++) {
      print(i > 0 ? ", " : "");
      boundLifetimes++;
      lifetime(1);
    }
    print("> ");
  }

  /** 0 is the erased lifetime; others count from the innermost binder outwards. */
  private void lifetime(long index) throws Malformed {
    print("'");
    if (index == 0) {
      print("_");
      return;
    }
    long fromOutside = boundLifetimes - index;
    if (index < 0 || fromOutside < 0) {
      throw new Malformed();
    }
    print(fromOutside < 26 ? "" + (char) ('a' + fromOutside) : "_" + fromOutside);
  }

  private record Identifier(String text, long disambiguator) {
    void print(RustV0 to) throws Malformed {
      to.print(text);
    }
  }

  private Identifier identifier() throws Malformed {
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

  /**
   * Goes to where a back reference points.
   *
   * @return where to go on afterwards; -1 when nothing is printed anyway, so that it need not be
   *     followed
   */
  private int backReference() throws Malformed {
    int here = at - 1;
    long target = base62();
    if (target < 0 || target >= here) {
      throw new Malformed();
    }
    if (silent) {
      return -1;
    }
    int resume = at;
    at = (int) target;
    return resume;
  }

  private long optionalBase62(char tag) throws Malformed {
    return eat(tag) ? base62() + 1 : 0;
  }

  /** Crate hashes fill 64 bits: the value may come out negative. */
  private long base62() throws Malformed {
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

  private char next() throws Malformed {
    if (at >= text.length()) {
      throw new Malformed();
    }
    return text.charAt(at++);
  }

  private boolean eat(char c) {
    boolean there = at < text.length() && text.charAt(at) == c;
    at += there ? 1 : 0;
    return there;
  }

  private void print(String s) throws Malformed {
    if (!silent) {
      if (out.length() + s.length() > MAX_OUTPUT) {
        throw new Malformed();
      }
      out.append(s);
    }
  }

  private void enter() throws Malformed {
    if (++depth > MAX_DEPTH || ++steps > MAX_STEPS) {
      throw new Malformed();
    }
  }
}
