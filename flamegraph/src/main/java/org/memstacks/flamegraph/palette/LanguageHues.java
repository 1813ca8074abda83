package org.memstacks.flamegraph.palette;

/** Which hue a name gets in the palettes that tell languages and kernel apart. */
final class LanguageHues {
  private static final String[] JAVA_PACKAGES = {
    "java/", "javax/", "jdk/", "net/", "org/", "com/", "io/", "sun/"
  };

  private LanguageHues() {}

  static Palette java(String name) {
    if (name.endsWith("_[j]")) {
      return Palette.GREEN;
    }
    if (name.endsWith("_[i]")) {
      return Palette.AQUA;
    }
    if (inJavaPackage(name) || name.contains(":::")) {
      return Palette.GREEN;
    }
    if (name.contains("::")) {
      return Palette.YELLOW;
    }
    return name.endsWith("_[k]") ? Palette.ORANGE : Palette.RED;
  }

  private static boolean inJavaPackage(String name) {
    int start = name.startsWith("L") ? 1 : 0;
    for (String prefix : JAVA_PACKAGES) {
      if (name.startsWith(prefix, start)) {
        return true;
      }
    }
    return false;
  }

  static Palette js(String name) {
    if (name.endsWith("_[j]")) {
      return name.indexOf('/') >= 0 ? Palette.GREEN : Palette.AQUA;
    }
    if (name.contains("::")) {
      return Palette.YELLOW;
    }
    int slash = name.indexOf('/');
    if (slash >= 0 && name.indexOf(".js", slash + 1) >= 0) {
      return Palette.GREEN;
    }
    if (name.indexOf(':') >= 0) {
      return Palette.AQUA;
    }
    if (name.equals(" ")) {
      return Palette.GREEN;
    }
    return name.contains("_[k]") ? Palette.ORANGE : Palette.RED;
  }

  static Palette perl(String name) {
    if (name.contains("::")) {
      return Palette.YELLOW;
    }
    if (name.contains("Perl") || name.contains(".pl")) {
      return Palette.GREEN;
    }
    return name.endsWith("_[k]") ? Palette.ORANGE : Palette.RED;
  }

  /** Installed packages aqua, what comes with Python yellow, one's own files and all else red. */
  static Palette python(String name) {
    String[] parts = name.replace('\\', '/').split("/");
    for (String part : parts) {
      if (part.equals("site-packages") || part.equals("dist-packages")) {
        return Palette.AQUA;
      }
    }
    for (String part : parts) {
      if (isPythonDirectory(part)) {
        return Palette.YELLOW;
      }
    }
    boolean isBuiltIn =
        name.startsWith("<built-in") || name.startsWith("<method") || name.startsWith("<frozen");
    return isBuiltIn ? Palette.YELLOW : Palette.RED;
  }

  /** As {@code python3.13} and {@code Python}. */
  private static boolean isPythonDirectory(String part) {
    return (part.startsWith("python") || part.startsWith("Python"))
        && part.chars().skip(6).allMatch(c -> c >= '0' && c <= '9' || c == '.');
  }

  /** The standard library orange, other Rust paths aqua, everything else yellow. */
  static Palette rust(String name) {
    String path = name.substring(name.indexOf('`') + 1);
    if (path.startsWith("<core::future::from_generator::GenFuture<T>")) {
      // What an async function of the program itself became, in compilers up to 1.66.
      return Palette.AQUA;
    }
    if (path.startsWith("<")) {
      path = path.substring(1);
    }
    if (path.startsWith("core::") || path.startsWith("std::") || path.startsWith("alloc::")) {
      return Palette.ORANGE;
    }
    return path.contains("::") ? Palette.AQUA : Palette.YELLOW;
  }
}
