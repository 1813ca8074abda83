package org.memstacks.flamegraph.paint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NameAttributesReaderTest {
  private static NameAttributesReader.Result read(String text) throws IOException {
    return NameAttributesReader.read(text.getBytes(StandardCharsets.UTF_8));
  }

  private static FrameAttributes.Entry entry(NameAttributesReader.Result result, String name) {
    return result.attributes().of(name.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void keepsTheAttributesOfFramesAndLinks() throws IOException {
    NameAttributesReader.Result result =
        read("f\tclass=hot path\tid=f1\ttitle=The f\tdata-x=1\taria-label=l\thref=doc.html#f\n");
    FrameAttributes.Entry entry = entry(result, "f");
    assertThat(entry.title()).isEqualTo("The f");
    assertThat(entry.href()).isEqualTo("doc.html#f");
    assertThat(entry.others())
        .containsEntry("class", "hot path")
        .containsEntry("id", "f1")
        .containsEntry("data-x", "1")
        .containsEntry("aria-label", "l")
        .containsEntry("target", "_top");
    assertThat(result.warnings()).isEmpty();
  }

  @Test
  void readsExtraAttributesAsAttributes() throws IOException {
    NameAttributesReader.Result result =
        read("f\tg_extra=data-a=\"1\" onclick='x()' class='c'\ta_extra=href=\"https://x.org/\"\n");
    assertThat(entry(result, "f").others())
        .containsEntry("data-a", "1")
        .containsEntry("class", "c");
    assertThat(entry(result, "f").others()).doesNotContainKey("onclick");
    assertThat(entry(result, "f").href()).isEqualTo("https://x.org/");
    assertThat(result.warnings()).singleElement().asString().contains("onclick");
  }

  @Test
  void dropsWhatCouldRunOrClash() throws IOException {
    NameAttributesReader.Result result =
        read("f\tonload=x\tstyle=color:red\tid=frames\txmlns=x\tdata-\"x=1\tnovalue\n");
    assertThat(entry(result, "f").others()).isEmpty();
    assertThat(result.warnings()).hasSize(6).allMatch(w -> w.startsWith("line 1: dropped"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://example.org/a?b=c#d",
        "http://x",
        "HTTPS://X",
        "mailto:a@b.c",
        "#frag",
        "a/b.html",
        "../x",
        "/abs",
        "?q=1"
      })
  void safeLinks(String link) {
    assertThat(NameAttributesReader.isSafeLink(link)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        " javascript:x",
        "java\tscript:x",
        "\u0001javascript:x",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:x",
        "a:b",
        "",
        "//host/x",
        "\\\\host",
        "java\u00a0script:x"
      })
  void unsafeLinks(String link) {
    assertThat(NameAttributesReader.isSafeLink(link)).isFalse();
  }

  @Test
  void aLineWithoutTabIsAnError() {
    assertThatThrownBy(() -> read("f\tclass=x\nnothing\n"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("line 2");
  }
}
