package org.memstacks.report;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.memstacks.collect.AllocationProfile;
import org.memstacks.collect.Band;
import org.memstacks.collect.RawStack;
import org.memstacks.collect.StackValue;
import org.memstacks.collect.StackValue.Share;
import org.memstacks.symbol.FoldedName;
import org.memstacks.symbol.Frame;
import org.memstacks.symbol.FrameStyle;
import org.memstacks.symbol.Symbolizer;

/** Turns stacks of addresses into stacks of names, and keeps those it has given. */
public final class StackNamer {
  /** Where bytes go whose stack could not be kept. */
  public static final String NO_STACK = "[no stack: stack store full]";

  private static final int INNERMOST = 2;

  private final String comm;
  private final Symbolizer symbolizer;
  private final FrameStyle style;
  private final boolean inline;
  private final Map<RawStack, List<String>> names = new HashMap<>();

  /**
   * @param inline whether calls that the compiler inlined are frames of their own
   */
  public StackNamer(String comm, Symbolizer symbolizer, FrameStyle style, boolean inline) {
    this.comm = FoldedName.escape(comm);
    this.symbolizer = symbolizer;
    this.style = style;
    this.inline = inline;
  }

  /** By ascending bytes, then by the folded text; stacks of equal names merged. */
  public List<NamedStack> name(AllocationProfile profile) {
    Map<List<String>, NamedStack> merged = new HashMap<>();
    for (StackValue value : profile.stacks()) {
      add(
          merged,
          new NamedStack(frames(value.stack()), value.bytes(), value.blocks(), value.shares()));
    }
    if (profile.withoutStack().blocks() > 0) {
      add(
          merged,
          new NamedStack(
              List.of(comm, NO_STACK),
              profile.withoutStack().bytes(),
              profile.withoutStack().blocks()));
    }
    List<NamedStack> result = new ArrayList<>(merged.values());
    result.sort(NamedStack.ASCENDING);
    return result;
  }

  /** A stack's frames, the process's name first, fit for a folded line; the same list each time. */
  List<String> frames(RawStack stack) {
    return names.computeIfAbsent(
        stack,
        unnamed -> {
          List<String> frames = callers(unnamed);
          frames.addFirst(comm);
          return List.copyOf(frames);
        });
  }

  /** The process's name, fit for a folded line. */
  String root() {
    return comm;
  }

  /** A stack's frames below the process's name, outermost first, fit for a folded line. */
  List<String> callers(RawStack stack) {
    List<String> frames = new ArrayList<>(stack.depth() + 2);
    if (!stack.end().isComplete()) {
      frames.add("[truncated: " + stack.end().reason() + "]");
    }
    for (int i = stack.depth() - 1; i >= 0; i--) {
      for (Frame frame : functions(stack, i)) {
        frames.add(FoldedName.escape(frame.text(style)));
      }
    }
    stack.leaf().ifPresent(frames::add);
    return frames;
  }

  /**
   * The allocation function, who called it, and who called that, innermost first; how C++ takes
   * memory is left out.
   */
  List<String> innermost(RawStack stack) {
    List<String> frames = new ArrayList<>(INNERMOST + 1);
    stack.leaf().ifPresent(frames::add);
    int end = frames.size() + INNERMOST;
    for (int i = 0; i < stack.depth() && frames.size() < end; i++) {
      for (Frame frame : functions(stack, i).reversed()) {
        String name = FoldedName.escape(frame.text(style));
        if (!ShortName.isLibrary(name) && frames.size() < end) {
          frames.add(name);
        }
      }
    }
    return frames;
  }

  /** The functions of one caller, outermost first. */
  private List<Frame> functions(RawStack stack, int caller) {
    long address = stack.address(caller);
    boolean exact = stack.isExact(caller);
    if (inline) {
      return symbolizer.frames(address, exact, stack.epoch()).reversed();
    }
    return List.of(
        style.lines()
            ? symbolizer.frames(address, exact, stack.epoch()).getLast()
            : symbolizer.frame(address, exact, stack.epoch()));
  }

  private static void add(Map<List<String>, NamedStack> merged, NamedStack stack) {
    merged.merge(stack.frames(), stack, StackNamer::sum);
  }

  private static NamedStack sum(NamedStack first, NamedStack second) {
    Map<Band, Share> shares = new TreeMap<>();
    Stream.concat(first.shares().stream(), second.shares().stream())
        .forEach(share -> shares.merge(share.band(), share, Share::plus));
    return new NamedStack(
        first.frames(),
        first.bytes() + second.bytes(),
        first.blocks() + second.blocks(),
        List.copyOf(shares.values()));
  }
}
