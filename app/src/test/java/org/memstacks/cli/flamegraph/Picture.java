package org.memstacks.cli.flamegraph;

import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** The frames of a picture as a strict XML parser finds them. */
public record Picture(List<Frame> frames, String text) {
  public record Frame(
      double y, double x, double width, double height, String fill, String title, String text) {}

  /** Parses a picture; anything that is not well-formed fails. */
  public static Picture parse(byte[] svg) {
    try {
      DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
      factory.setNamespaceAware(true);
      DocumentBuilder builder = factory.newDocumentBuilder();
      builder.setErrorHandler(null);
      Document document = builder.parse(new ByteArrayInputStream(svg));
      List<Frame> frames = new ArrayList<>();
      for (Node group = document.getDocumentElement().getFirstChild();
          group != null;
          group = group.getNextSibling()) {
        if (group instanceof Element element && element.getAttribute("id").equals("frames")) {
          collect(element, frames);
        }
      }
      return new Picture(frames, document.getDocumentElement().getTextContent());
    } catch (Exception e) {
      throw new AssertionError("not well-formed: " + e.getMessage(), e);
    }
  }

  private static void collect(Element parent, List<Frame> frames) {
    for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof Element group) {
        Element rect = child(group, "rect");
        frames.add(
            new Frame(
                number(rect, "y"),
                number(rect, "x"),
                number(rect, "width"),
                number(rect, "height"),
                rect.getAttribute("fill"),
                child(group, "title").getTextContent(),
                child(group, "text").getTextContent()));
      }
    }
  }

  private static Element child(Element parent, String name) {
    return (Element) parent.getElementsByTagName(name).item(0);
  }

  private static double number(Element element, String attribute) {
    return Double.parseDouble(element.getAttribute(attribute));
  }
}
