package org.memstacks.flamegraph;

import java.math.BigDecimal;
import org.memstacks.flamegraph.layout.Geometry;
import org.memstacks.flamegraph.layout.MinWidth;
import org.memstacks.flamegraph.paint.PictureOptions;
import org.memstacks.flamegraph.palette.Coloring;
import org.memstacks.flamegraph.palette.Palette;
import org.memstacks.flamegraph.read.LineOptions;

/**
 * Everything that decides how a picture comes out, one part for each step.
 *
 * @param total what the full width stands for, ignored where the sum of all counts is larger; null
 *     for that sum
 */
public record FlameGraphOptions(
    LineOptions lines,
    Geometry geometry,
    MinWidth minWidth,
    BigDecimal total,
    Palette palette,
    Coloring coloring,
    PictureOptions picture) {}
