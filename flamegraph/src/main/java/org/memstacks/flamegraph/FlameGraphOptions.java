package org.memstacks.flamegraph;

import java.math.BigDecimal;
import org.memstacks.flamegraph.layout.Geometry;
import org.memstacks.flamegraph.layout.MinWidth;
import org.memstacks.flamegraph.paint.FrameAttributes;
import org.memstacks.flamegraph.paint.PictureOptions;
import org.memstacks.flamegraph.palette.Coloring;
import org.memstacks.flamegraph.palette.Palette;
import org.memstacks.flamegraph.palette.PaletteMap;
import org.memstacks.flamegraph.read.LineOptions;

/**
 * Everything that decides how a picture comes out, one part for each step.
 *
 * @param normalize whether to scale the input compared with to the sum of the other
 * @param total what the full width stands for, ignored where the sum of all counts is larger; null
 *     for that sum
 * @param maxFrames most frames drawn without script, the widest
 * @param paletteMap colours fixed by name, to which new ones are added; null for none
 * @param page whether to write an HTML page with a table of functions rather than an SVG
 */
public record FlameGraphOptions(
    LineOptions lines,
    Geometry geometry,
    MinWidth minWidth,
    boolean normalize,
    BigDecimal total,
    int maxFrames,
    Palette palette,
    Coloring coloring,
    PaletteMap paletteMap,
    FrameAttributes attributes,
    PictureOptions picture,
    boolean page) {
  /** Most frames drawn without script, unless the user says how narrow they may be. */
  public static final int DEFAULT_MAX_FRAMES = 10_000;
}
