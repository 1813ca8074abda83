package org.memstacks.flamegraph.shell;

import freemarker.template.Configuration;
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Renders policy, style and script of a picture when the program is built, into the source of a
 * class, {@code Shell}: to read them from a file in a jar would take a tenth of a short run. The
 * policy names the SHA-256 of the script and of the style: nothing else runs.
 */
public final class ShellBuilder {
  private static final Map<String, String> PARTS =
      Map.of(
          "scriptedHead", "scripted-head.ftl",
          "plainHead", "plain-head.ftl",
          "scriptElement", "script-element.ftl",
          "inlineStyle", "inline-style.ftl",
          "pagePolicy", "page-policy.ftl");

  private static final String PACKAGE = "org.memstacks.flamegraph.paint";

  /** A constant in a class file holds at most 65,535 bytes. */
  private static final int MAX_CONSTANT = 60_000;

  private ShellBuilder() {}

  /** Arguments: the folder of the templates, the folder of generated sources. */
  public static void main(String[] args) throws IOException, TemplateException {
    build(Path.of(args[0]), Path.of(args[1]));
  }

  static void build(Path templates, Path target) throws IOException, TemplateException {
    Configuration freemarker = new Configuration(Configuration.VERSION_2_3_34);
    freemarker.setDirectoryForTemplateLoading(templates.toFile());
    freemarker.setDefaultEncoding("UTF-8");
    freemarker.setTemplateExceptionHandler(TemplateExceptionHandler.RETHROW_HANDLER);
    freemarker.setLogTemplateExceptions(false);
    Map<String, Object> model = new HashMap<>();
    String script = render(freemarker, "script.ftl", model);
    String style = Files.readString(templates.resolve("style.css"));
    model.put("script", withoutCdataEnd(script));
    model.put("style", withoutCdataEnd(style));
    model.put("scriptHash", sha256(script));
    model.put("styleHash", sha256(style));
    String pageStyle = Files.readString(templates.resolve("page.css"));
    model.put("pageStyleHash", sha256(pageStyle));
    Map<String, String> texts = new TreeMap<>();
    texts.put("pageStyle", pageStyle);
    for (Map.Entry<String, String> part : PARTS.entrySet()) {
      texts.put(part.getKey(), render(freemarker, part.getValue(), model));
    }
    Path folder = target.resolve(PACKAGE.replace('.', '/'));
    Files.createDirectories(folder);
    writeIfNew(folder.resolve("Shell.java"), source(texts));
  }

  /** A file whose text stays keeps its time, so that nothing is compiled anew. */
  private static void writeIfNew(Path file, String text) throws IOException {
    if (!Files.exists(file) || !Files.readString(file).equals(text)) {
      Files.writeString(file, text);
    }
  }

  private static String source(Map<String, String> texts) {
    StringBuilder java = new StringBuilder("package " + PACKAGE + ";\n\n");
    java.append("/** The constant parts of a picture, by ShellBuilder. */\nfinal class Shell {\n");
    java.append("  private Shell() {}\n");
    for (Map.Entry<String, String> text : texts.entrySet()) {
      java.append("\n  static String ").append(text.getKey()).append("() {\n    return \"\"");
      String rest = text.getValue();
      while (!rest.isEmpty()) {
        int end = Math.min(rest.length(), MAX_CONSTANT);
        java.append("\n        .concat(\"").append(escaped(rest.substring(0, end))).append("\")");
        rest = rest.substring(end);
      }
      java.append(";\n  }\n");
    }
    return java.append("}\n").toString();
  }

  private static String escaped(String text) {
    StringBuilder literal = new StringBuilder();
    for (char c : text.toCharArray()) {
      switch (c) {
        case '\n' -> literal.append("\\n");
        case '"', '\\' -> literal.append('\\').append(c);
        default -> {
          if (c < ' ' || c > '~') {
            throw new IllegalStateException("not a printable ASCII character: " + (int) c);
          }
          literal.append(c);
        }
      }
    }
    return literal.toString();
  }

  private static String render(Configuration freemarker, String template, Map<String, Object> model)
      throws IOException, TemplateException {
    StringWriter out = new StringWriter();
    freemarker.getTemplate(template).process(model, out);
    return out.toString();
  }

  private static String withoutCdataEnd(String text) {
    if (text.contains("]]>") || text.contains("\r")) {
      throw new IllegalStateException("a CDATA section can hold neither ]]> nor carriage returns");
    }
    return text;
  }

  private static String sha256(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
