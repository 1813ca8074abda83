package org.memstacks.flamegraph.palette;

import java.util.Locale;

/**
 * The palettes of flamegraph.pl, and two of inferno's. The hues turn one number in [0, 1) into a
 * colour; the language palettes pick a hue by the look of the name.
 */
public enum Palette {
  HOT {
    @Override
    int color(String name, double v1, double v2, double v3) {
      return rgb(205 + (int) (50 * v3), (int) (230 * v1), (int) (55 * v2));
    }
  },
  MEM {
    @Override
    int color(String name, double v1, double v2, double v3) {
      return rgb(0, 190 + (int) (50 * v2), (int) (210 * v1));
    }
  },
  IO {
    @Override
    int color(String name, double v1, double v2, double v3) {
      int x = 80 + (int) (60 * v1);
      return rgb(x, x, 190 + (int) (55 * v2));
    }
  },
  RED {
    @Override
    int color(String name, double v1, double v2, double v3) {
      int x = 50 + (int) (80 * v1);
      return rgb(200 + (int) (55 * v1), x, x);
    }
  },
  GREEN {
    @Override
    int color(String name, double v1, double v2, double v3) {
      int x = 50 + (int) (60 * v1);
      return rgb(x, 200 + (int) (55 * v1), x);
    }
  },
  BLUE {
    @Override
    int color(String name, double v1, double v2, double v3) {
      int x = 80 + (int) (60 * v1);
      return rgb(x, x, 205 + (int) (50 * v1));
    }
  },
  YELLOW {
    @Override
    int color(String name, double v1, double v2, double v3) {
      int x = 175 + (int) (55 * v1);
      return rgb(x, x, 50 + (int) (20 * v1));
    }
  },
  PURPLE {
    @Override
    int color(String name, double v1, double v2, double v3) {
      int x = 190 + (int) (65 * v1);
      return rgb(x, 80 + (int) (60 * v1), x);
    }
  },
  AQUA {
    @Override
    int color(String name, double v1, double v2, double v3) {
      int x = 165 + (int) (55 * v1);
      return rgb(50 + (int) (60 * v1), x, x);
    }
  },
  ORANGE {
    @Override
    int color(String name, double v1, double v2, double v3) {
      return rgb(190 + (int) (65 * v1), 90 + (int) (65 * v1), 0);
    }
  },
  WAKEUP {
    @Override
    int color(String name, double v1, double v2, double v3) {
      return AQUA.color(name, v1, v2, v3);
    }
  },
  CHAIN {
    @Override
    int color(String name, double v1, double v2, double v3) {
      return (name.contains("_[w]") ? AQUA : BLUE).color(name, v1, v2, v3);
    }
  },
  JAVA {
    @Override
    int color(String name, double v1, double v2, double v3) {
      return LanguageHues.java(name).color(name, v1, v2, v3);
    }
  },
  JS {
    @Override
    int color(String name, double v1, double v2, double v3) {
      return LanguageHues.js(name).color(name, v1, v2, v3);
    }
  },
  PERL {
    @Override
    int color(String name, double v1, double v2, double v3) {
      return LanguageHues.perl(name).color(name, v1, v2, v3);
    }
  },
  PYTHON {
    @Override
    int color(String name, double v1, double v2, double v3) {
      return LanguageHues.python(name).color(name, v1, v2, v3);
    }
  },
  RUST {
    @Override
    int color(String name, double v1, double v2, double v3) {
      return LanguageHues.rust(name).color(name, v1, v2, v3);
    }
  };

  /** The colour, 0xRRGGBB, of a name given three numbers in [0, 1]. */
  abstract int color(String name, double v1, double v2, double v3);

  /** The palette with this name in lower case, or null. */
  public static Palette byName(String name) {
    for (Palette palette : values()) {
      if (palette.label().equals(name)) {
        return palette;
      }
    }
    return null;
  }

  /** The name used on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  private static int rgb(int r, int g, int b) {
    return r << 16 | g << 8 | b;
  }
}
