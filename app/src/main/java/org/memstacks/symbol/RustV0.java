package org.memstacks.symbol;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.memstacks.symbol.RustV0Reader.Malformed;

/**
 * Names of Rust's current mangling (RFC 2603, "Symbol name mangling v0"), written without crate
 * hashes and without the types of constants. Output and work are bounded: a name of a hundred bytes
 * may refer back to itself often enough to stand for gigabytes.
 */
final class RustV0 {
  private static final int MAX_DEPTH = 200;
  private static final int MAX_OUTPUT = 1 << 16;
  private static final int MAX_STEPS = 1 << 16;

  private final RustV0Reader in;
  private final StringBuilder out = new StringBuilder();
  private int depth;
  private int steps;
  private boolean silent;
  private long boundLifetimes;

  private RustV0(String text) {
    this.in = new RustV0Reader(text);
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
      if (!parser.in.atEnd()) {
        // The crate that instantiated a generic function.
        parser.silent = true;
        parser.path(false);
      }
      if (!parser.in.atEnd()) {
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
    switch (in.next()) {
      case 'C' -> print(in.identifier().text());
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
          in.moveTo(resume);
        }
      }
      default -> throw new Malformed();
    }
    depth--;
  }

  private void nested(boolean value) throws Malformed {
    char namespace = in.next();
    path(value);
    RustV0Reader.Identifier name = in.identifier();
    if (namespace >= 'A' && namespace <= 'Z') {
      print("::{");
      print(namespace == 'C' ? "closure" : namespace == 'S' ? "shim" : "" + namespace);
      if (!name.text().isEmpty()) {
        print(":");
        print(name.text());
      }
      print("#" + Long.toUnsignedString(name.disambiguator()) + "}");
    } else if (namespace >= 'a' && namespace <= 'z') {
      if (!name.text().isEmpty()) {
        print("::");
        print(name.text());
      }
    } else {
      throw new Malformed();
    }
  }

  /** Where an impl stands says nothing to the reader. */
  private void implPath() throws Malformed {
    in.optionalBase62('s');
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
    for (int i = 0; !in.eat('E'); i++) {
      print(i > 0 ? ", " : "");
      if (in.eat('L')) {
        lifetime(in.base62());
      } else if (in.eat('K')) {
        constant();
      } else {
        type();
      }
    }
  }

  private void type() throws Malformed {
    enter();
    char tag = in.next();
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
          in.moveTo(resume);
        }
      }
      default -> {
        in.back();
        path(false);
      }
    }
    depth--;
  }

  private void tuple() throws Malformed {
    print("(");
    int count = 0;
    for (; !in.eat('E'); count++) {
      print(count > 0 ? ", " : "");
      type();
    }
    print(count == 1 ? ",)" : ")");
  }

  private void reference(boolean mutable) throws Malformed {
    print("&");
    if (in.eat('L')) {
      long lifetime = in.base62();
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
    print(in.eat('U') ? "unsafe " : "");
    if (in.eat('K')) {
      print("extern \"");
      if (in.eat('C')) {
        print("C");
      } else {
        print(in.identifier().text().replace('_', '-'));
      }
      print("\" ");
    }
    print("fn(");
    for (int i = 0; !in.eat('E'); i++) {
      print(i > 0 ? ", " : "");
      type();
    }
    print(")");
    if (!in.eat('u')) {
      print(" -> ");
      type();
    }
    boundLifetimes = outer;
  }

  private void dynamic() throws Malformed {
    print("dyn ");
    long outer = boundLifetimes;
    binder();
    for (int i = 0; !in.eat('E'); i++) {
      print(i > 0 ? " + " : "");
      dynamicTrait();
    }
    boundLifetimes = outer;
    if (!in.eat('L')) {
      throw new Malformed();
    }
    long lifetime = in.base62();
    if (lifetime != 0) {
      print(" + ");
      lifetime(lifetime);
    }
  }

  private void dynamicTrait() throws Malformed {
    boolean open = openPath();
    while (in.eat('p')) {
      print(open ? ", " : "<");
      open = true;
      print(in.identifier().text());
      print(" = ");
      type();
    }
    print(open ? ">" : "");
  }

  /** A path whose list of generic arguments, if it has one, is left open for more. */
  private boolean openPath() throws Malformed {
    enter();
    boolean open = false;
    if (in.eat('B')) {
      int resume = backReference();
      if (resume >= 0) {
        open = openPath();
        in.moveTo(resume);
      }
    } else if (in.eat('I')) {
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
    char tag = in.next();
    if (tag == 'B') {
      int resume = backReference();
      if (resume >= 0) {
        constant();
        in.moveTo(resume);
      }
    } else if (tag == 'p') {
      print("_");
    } else {
      boolean negative = in.eat('n');
      String digits = in.hexadecimal();
      String shown = RustTypes.constant(tag, negative, digits);
      if (shown == null) {
        throw new Malformed();
      }
      print(shown);
    }
    depth--;
  }

  private void binder() throws Malformed {
    long count = in.optionalBase62('G');
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

  /**
   * Goes to where a back reference points.
   *
   * @return where to go on afterwards; -1 when nothing is printed anyway, so that it need not be
   *     followed
   */
  private int backReference() throws Malformed {
    int here = in.position() - 1;
    long target = in.base62();
    if (target < 0 || target >= here) {
      throw new Malformed();
    }
    if (silent) {
      return -1;
    }
    int resume = in.position();
    in.moveTo((int) target);
    return resume;
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
