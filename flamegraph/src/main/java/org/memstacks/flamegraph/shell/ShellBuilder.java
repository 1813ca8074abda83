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

/**
 * Renders policy, style and script of a picture when the program is built, so that drawing one only
 * copies them. The policy names the SHA-256 of the script and of the style: nothing else runs.
 */
public final class ShellBuilder {
  private static final String[] PARTS = {
    "scripted-head", "plain-head", "script-element", "inline-style", "page-policy"
  };

  private ShellBuilder() {}

  /** Arguments: the folder of the templates, the folder to write to. */
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
    Files.createDirectories(target);
    Files.writeString(target.resolve("page.css"), pageStyle);
    for (String part : PARTS) {
      Files.writeString(target.resolve(part + ".xml"), render(freemarker, part + ".ftl", model));
    }
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
