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

  /** Installed packages aqua, the standard library orange, other Python files red. */
  static Palette python(String name) {
    if (name.contains("site-packages/") || name.contains("dist-packages/")) {
      return Palette.AQUA;
    }
    if (name.contains("/lib/python") || name.contains("<frozen ") || name.contains("<built-in ")) {
      return Palette.ORANGE;
    }
    return name.contains(".py") ? Palette.RED : Palette.YELLOW;
  }

  /** The standard library orange, other Rust paths aqua, everything else yellow. */
  static Palette rust(String name) {
    String path = name.substring(name.lastIndexOf('`') + 1);
    if (path.startsWith("<")) {
      path = path.substring(1);
    }
    if (path.startsWith("core::") || path.startsWith("std::") || path.startsWith("alloc::")) {
      return Palette.ORANGE;
    }
    return path.contains("::") ? Palette.AQUA : Palette.YELLOW;
  }
}
