package org.memstacks.report;

import java.util.List;

/** Function names for a table: without the parameters and template arguments of C++ and Rust. */
final class ShortName {
  private static final List<String> LIBRARY = List.of("operator new", "std::", "__gnu_cxx::");
  private static final String OPERATOR = "operator";
  private static final String ANONYMOUS = "(anonymous namespace)";

  private ShortName() {}

  /** {@code ns::Type::method} for {@code ns::Type<A>::method<B>(C<D>) const}. */
  static String of(String name) {
    StringBuilder result = new StringBuilder();
    int depth = 0;
    int receiver = receiverEnd(name);
    if (receiver > 0) {
      return of(name.substring(1, typeEnd(name, receiver))) + of(name.substring(receiver + 1));
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (depth == 0 && name.startsWith(OPERATOR, i) && isWordBegin(name, i)) {
        int end = operatorEnd(name, i + OPERATOR.length());
        result.append(name, i, end);
        i = end - 1;
      } else if (depth == 0 && name.startsWith(ANONYMOUS, i)) {
        result.append(ANONYMOUS);
        i += ANONYMOUS.length() - 1;
      } else if (c == '<' || c == '(') {
        depth++;
      } else if ((c == '>' && name.charAt(Math.max(0, i - 1)) != '-') || c == ')') {
        depth = Math.max(0, depth - 1);
      } else if (depth == 0) {
        result.append(c);
      }
    }
    if (depth != 0) {
      // No demangled name.
      return name;
    }
    // Demangled templates begin with what they return.
    String text = result.toString().replaceAll(" const$", "").replaceAll("^void ", "").strip();
    return text.isEmpty() ? name : text;
  }

  /** Where the type ends in Rust's {@code <ns::Type<A> as Trait>::method}; 0 in other names. */
  private static int receiverEnd(String name) {
    if (!name.startsWith("<")) {
      return 0;
    }
    int depth = 0;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c == '<') {
        depth++;
      } else if (c == '>' && name.charAt(i - 1) != '-' && --depth == 0) {
        return i > 1 && name.startsWith("::", i + 1) ? i : 0;
      }
    }
    return 0;
  }

  /** Where {@code as Trait} begins, or the receiver ends. */
  private static int typeEnd(String name, int receiver) {
    int depth = 0;
    for (int i = 0; i < receiver; i++) {
      char c = name.charAt(i);
      if (depth == 1 && name.startsWith(" as ", i)) {
        return i;
      }
      depth += c == '<' ? 1 : c == '>' && name.charAt(i - 1) != '-' ? -1 : 0;
    }
    return receiver;
  }

  private static boolean isWordBegin(String name, int at) {
    return at == 0 || !Character.isJavaIdentifierPart(name.charAt(at - 1));
  }

  /** After the sign of an operator: that of a call is two parentheses, before its parameters. */
  private static int operatorEnd(String name, int from) {
    if (name.startsWith("()", from)) {
      return from + 2;
    }
    int end = from;
    while (end < name.length() && "<>=-+*/%!&|^~[],".indexOf(name.charAt(end)) >= 0) {
      end++;
    }
    return end;
  }

  /** Whether it is C++'s own function: how memory is taken there, not who wants it. */
  static boolean isLibrary(String name) {
    String brief = of(name);
    return LIBRARY.stream().anyMatch(brief::startsWith);
  }
}
