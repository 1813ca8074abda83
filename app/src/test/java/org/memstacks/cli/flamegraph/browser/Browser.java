package org.memstacks.cli.flamegraph.browser;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A headless Chromium with one page, driven through the DevTools protocol. All events the page
 * sends are kept, so that a test can ask afterwards what was requested, logged or opened.
 */
public final class Browser implements AutoCloseable {
  private static final List<Path> BINARIES =
      List.of(Path.of("/usr/bin/chromium"), Path.of("/usr/bin/chromium-browser"));
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Process process;
  private final Path profile;
  private final WebSocket socket;
  private final String session;
  private final AtomicInteger lastId = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonObject>> answers = new ConcurrentHashMap<>();
  private final List<JsonObject> events = new CopyOnWriteArrayList<>();

  /** Whether a Chromium is installed. */
  public static boolean available() {
    return BINARIES.stream().anyMatch(Files::isExecutable);
  }

  /** Starts a browser with an empty profile. */
  public Browser() throws Exception {
    profile = Files.createTempDirectory("flamegraph-browser");
    Path binary = BINARIES.stream().filter(Files::isExecutable).findFirst().orElseThrow();
    List<String> command =
        List.of(
            binary.toString(),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--remote-debugging-port=0",
            "--user-data-dir=" + profile,
            "about:blank");
    process =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(debuggerAddress(), new Receiver())
            .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    JsonObject target = new JsonObject();
    target.addProperty("url", "about:blank");
    String id = send("Target.createTarget", target, null).get("targetId").getAsString();
    JsonObject attach = new JsonObject();
    attach.addProperty("targetId", id);
    attach.addProperty("flatten", true);
    session = send("Target.attachToTarget", attach, null).get("sessionId").getAsString();
    for (String domain : List.of("Page", "Runtime", "Network", "Log", "Accessibility")) {
      call(domain + ".enable");
    }
  }

  private URI debuggerAddress() throws Exception {
    Path file = profile.resolve("DevToolsActivePort");
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      if (!process.isAlive()) {
        throw new IOException("the browser ended at once");
      }
      if (Files.exists(file)) {
        List<String> lines = Files.readAllLines(file);
        if (lines.size() >= 2) {
          return URI.create("ws://127.0.0.1:" + lines.get(0) + lines.get(1));
        }
      }
      Thread.sleep(20);
    }
    throw new IOException("the browser did not say where it listens");
  }

  private JsonObject send(String method, JsonObject params, String sessionId) {
    int id = lastId.incrementAndGet();
    JsonObject message = new JsonObject();
    message.addProperty("id", id);
    message.addProperty("method", method);
    message.add("params", params);
    if (sessionId != null) {
      message.addProperty("sessionId", sessionId);
    }
    CompletableFuture<JsonObject> answer = new CompletableFuture<>();
    answers.put(id, answer);
    synchronized (this) {
      socket.sendText(message.toString(), true).join();
    }
    JsonObject reply = answer.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    if (reply.has("error")) {
      throw new IllegalStateException(method + ": " + reply.get("error"));
    }
    return reply.getAsJsonObject("result");
  }

  /** Calls a method of the protocol with alternating names and values of parameters. */
  public JsonObject call(String method, Object... params) {
    JsonObject object = new JsonObject();
    for (int i = 0; i < params.length; i += 2) {
      Object value = params[i + 1];
      JsonElement element =
          value instanceof JsonElement json
              ? json
              : value instanceof Number number
                  ? new JsonPrimitive(number)
                  : value instanceof Boolean flag
                      ? new JsonPrimitive(flag)
                      : new JsonPrimitive((String) value);
      object.add((String) params[i], element);
    }
    return send(method, object, session);
  }

  /** Sets the size of the window in CSS pixels. */
  public void resize(int width, int height) {
    call(
        "Emulation.setDeviceMetricsOverride",
        "width",
        width,
        "height",
        height,
        "deviceScaleFactor",
        1,
        "mobile",
        false);
  }

  /** Opens a file, which may be followed by a fragment, and waits until its script is done. */
  public void open(Path file, String fragment) {
    navigate(file.toUri() + fragment);
    waitFor("document.querySelector('svg[data-ready]') !== null");
  }

  /** Opens an address and waits for the page to be loaded. */
  public void navigate(String address) {
    call("Page.navigate", "url", "about:blank");
    waitFor("document.readyState === 'complete' && location.href === 'about:blank'");
    events.clear();
    call("Page.navigate", "url", address);
    waitFor("document.readyState === 'complete' && location.href !== 'about:blank'");
  }

  /** Waits until an expression is true. */
  public void waitFor(String expression) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      try {
        if (evaluate(expression).getAsBoolean()) {
          return;
        }
      } catch (IllegalStateException e) {
        // the page is between two documents
      }
      pause(10);
    }
    throw new AssertionError("never true: " + expression);
  }

  /** Lets time pass in the page. */
  public void pause(long milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** The value of an expression; a promise is awaited. */
  public JsonElement evaluate(String expression) {
    JsonObject result =
        call(
            "Runtime.evaluate",
            "expression",
            expression,
            "returnByValue",
            true,
            "awaitPromise",
            true);
    if (result.has("exceptionDetails")) {
      throw new IllegalStateException(expression + ": " + result.get("exceptionDetails"));
    }
    JsonElement value = result.getAsJsonObject("result").get("value");
    return value == null ? new JsonPrimitive("") : value;
  }

  /** The value of an expression as text. */
  public String text(String expression) {
    return evaluate("String(" + expression + ")").getAsString();
  }

  /** Presses and releases a key, such as {@code Enter} or {@code n}. */
  public void key(String key) {
    String text = key.length() == 1 ? key : key.equals("Enter") ? "\r" : "";
    call("Input.dispatchKeyEvent", "type", "keyDown", "key", key, "text", text);
    call("Input.dispatchKeyEvent", "type", "keyUp", "key", key);
  }

  /** Types a text into what has the focus. */
  public void type(String text) {
    call("Input.insertText", "text", text);
  }

  /** Clicks at a place in the window. */
  public void click(double x, double y) {
    call("Input.dispatchMouseEvent", "type", "mouseMoved", "x", x, "y", y);
    for (String type : List.of("mousePressed", "mouseReleased")) {
      call(
          "Input.dispatchMouseEvent",
          "type",
          type,
          "x",
          x,
          "y",
          y,
          "button",
          "left",
          "clickCount",
          1);
    }
  }

  /** Taps at a place in the window as a finger does. */
  public void tap(double x, double y) {
    JsonObject point = new JsonObject();
    point.addProperty("x", x);
    point.addProperty("y", y);
    com.google.gson.JsonArray points = new com.google.gson.JsonArray();
    points.add(point);
    call("Input.dispatchTouchEvent", "type", "touchStart", "touchPoints", points);
    call(
        "Input.dispatchTouchEvent",
        "type",
        "touchEnd",
        "touchPoints",
        new com.google.gson.JsonArray());
  }

  /** Emulates a media feature, such as {@code prefers-color-scheme: dark}. */
  public void media(String type, String feature, String value) {
    JsonObject object = new JsonObject();
    object.addProperty("name", feature);
    object.addProperty("value", value);
    com.google.gson.JsonArray features = new com.google.gson.JsonArray();
    features.add(object);
    call("Emulation.setEmulatedMedia", "media", type, "features", features);
  }

  /** Writes a picture of the window. */
  public void screenshot(Path file) throws IOException {
    String data = call("Page.captureScreenshot", "format", "png").get("data").getAsString();
    Files.write(file, Base64.getDecoder().decode(data));
  }

  /** Everything the page reported of this kind since it was opened. */
  public List<JsonObject> events(String method) {
    List<JsonObject> found = new ArrayList<>();
    for (JsonObject event : events) {
      if (event.get("method").getAsString().equals(method)) {
        found.add(event.getAsJsonObject("params"));
      }
    }
    return found;
  }

  @Override
  public void close() throws IOException {
    try {
      send("Browser.close", new JsonObject(), null);
    } catch (RuntimeException e) {
      process.destroy();
    }
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try (Stream<Path> files = Files.walk(profile)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (java.io.UncheckedIOException | IOException e) {
      // a file of the profile that the browser still held; it lies in the temporary folder
    }
  }

  private final class Receiver implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        JsonObject message = JsonParser.parseString(text.toString()).getAsJsonObject();
        text.setLength(0);
        if (message.has("id")) {
          answers.remove(message.get("id").getAsInt()).complete(message);
        } else {
          events.add(message);
        }
      }
      webSocket.request(1);
      return null;
    }
  }
}
