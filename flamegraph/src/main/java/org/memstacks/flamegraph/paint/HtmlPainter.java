package org.memstacks.flamegraph.paint;

import freemarker.core.HTMLOutputFormat;
import freemarker.template.Configuration;
import freemarker.template.DefaultObjectWrapperBuilder;
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.Map;
import org.memstacks.flamegraph.layout.Layout;
import org.memstacks.flamegraph.palette.FrameColors;
import org.memstacks.flamegraph.store.Packing;
import org.memstacks.flamegraph.tree.FrameTree;

/**
 * Writes one HTML file that works offline: the flame graph, a table of functions, the run's facts.
 */
public final class HtmlPainter {
  private final SvgPainter svg;
  private final PictureOptions options;

  public HtmlPainter(SvgPainter svg, PictureOptions options) {
    this.svg = svg;
    this.options = options;
  }

  /** Writes the page; the stream is flushed, not closed. */
  public void paint(
      FrameTree tree,
      Layout layout,
      FrameColors colors,
      Packing packing,
      RunFacts facts,
      OutputStream stream)
      throws IOException {
    Configuration freemarker = new Configuration(Configuration.VERSION_2_3_34);
    freemarker.setClassForTemplateLoading(HtmlPainter.class, "");
    freemarker.setDefaultEncoding("UTF-8");
    freemarker.setOutputFormat(HTMLOutputFormat.INSTANCE);
    freemarker.setObjectWrapper(
        new DefaultObjectWrapperBuilder(Configuration.VERSION_2_3_34).build());
    freemarker.setTemplateExceptionHandler(TemplateExceptionHandler.RETHROW_HANDLER);
    freemarker.setLogTemplateExceptions(false);
    Map<String, Object> model = new HashMap<>();
    model.put("title", DisplayName.of(options.title()));
    model.put("policy", Shell.pagePolicy().strip());
    model.put("style", Shell.pageStyle());
    model.put("facts", facts.facts());
    model.put("losses", facts.losses());
    model.put("remarks", facts.remarks());
    XmlOut out = new XmlOut(stream);
    out.raw(render(freemarker, "page-head.ftlh", model));
    svg.paintInline(tree, layout, colors, packing, out);
    out.raw(render(freemarker, "page-foot.ftlh", model));
    out.flush();
  }

  private static String render(Configuration freemarker, String template, Map<String, Object> model)
      throws IOException {
    StringWriter text = new StringWriter();
    try {
      freemarker.getTemplate(template).process(model, text);
    } catch (TemplateException e) {
      throw new IllegalStateException("the template " + template + " does not fit its model", e);
    }
    return text.toString();
  }
}
