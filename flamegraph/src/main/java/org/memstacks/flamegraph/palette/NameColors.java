package org.memstacks.flamegraph.palette;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.memstacks.flamegraph.tree.NameTable;
import org.memstacks.flamegraph.tree.NameText;

/** The colour of every name of a tree, computed when first asked for. */
public final class NameColors {
  private static final int GREY = 0xC8C8C8;
  private static final int DARK_GREY = 0xA0A0A0;
  private static final int UNKNOWN = -1;

  private final NameTable names;
  private final Palette palette;
  private final Coloring coloring;
  private final PaletteMap map;
  private final int[] colors;
  private SplittableRandom random;
  private int rootColor = UNKNOWN;

  /**
   * Colours for {@code names}.
   *
   * @param map colours fixed by name, which new colours are added to; null for none
   */
  public NameColors(NameTable names, Palette palette, Coloring coloring, PaletteMap map) {
    this.names = names;
    this.palette = palette;
    this.coloring = coloring;
    this.map = map;
    this.colors = new int[names.size()];
    Arrays.fill(colors, UNKNOWN);
  }

  /** The colour 0xRRGGBB of a name, or of the root for -1. */
  public int of(int nameId) {
    if (nameId < 0) {
      if (rootColor == UNKNOWN) {
        rootColor = compute(new byte[0]);
      }
      return rootColor;
    }
    int color = colors[nameId];
    if (color == UNKNOWN) {
      color = compute(names.get(nameId));
      colors[nameId] = color;
    }
    return color;
  }

  private int compute(byte[] name) {
    if (isDashes(name)) {
      return name.length == 2 ? DARK_GREY : GREY;
    }
    if (map == null) {
      return fromPalette(name);
    }
    int color = map.get(name);
    if (color < 0) {
      color = fromPalette(name);
      map.put(name, color);
    }
    return color;
  }

  /** Whether the name is {@code -} or {@code --}, which is always grey. */
  boolean isSeparator(int nameId) {
    return names.length(nameId) <= 2 && isDashes(names.get(nameId));
  }

  private static boolean isDashes(byte[] name) {
    return name.length > 0 && name.length <= 2 && name[0] == '-' && name[name.length - 1] == '-';
  }

  private int fromPalette(byte[] name) {
    int[] characters = NameText.characters(name);
    for (int i = 0; i < characters.length; i++) {
      if (characters[i] < 0) {
        characters[i] = ~characters[i];
      }
    }
    String text = new String(characters, 0, characters.length);
    switch (coloring) {
      case HASH -> {
        double v2 = NameHash.reverseVector(characters);
        return palette.color(text, NameHash.vector(characters), v2, v2);
      }
      case RANDOM -> {
        if (random == null) {
          random = new SplittableRandom();
        }
        return palette.color(text, random.nextDouble(), random.nextDouble(), random.nextDouble());
      }
      default -> {
        double v = NameHash.seeded(characters);
        return palette.color(text, v, v, v);
      }
    }
  }
}
