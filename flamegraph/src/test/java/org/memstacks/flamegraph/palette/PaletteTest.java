package org.memstacks.flamegraph.palette;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.memstacks.flamegraph.tree.NameTable;

class PaletteTest {
  private static int[] characters(String text) {
    return text.codePoints().toArray();
  }

  @Test
  void hashWeighsTheFirstThreeCharacters() {
    assertThat(NameHash.vector(characters("a"))).isCloseTo(0.6111, within(0.0001));
    assertThat(NameHash.vector(characters(""))).isEqualTo(1);
    assertThat(NameHash.vector(characters("mod`a"))).isEqualTo(NameHash.vector(characters("a")));
    assertThat(NameHash.vector(characters("`a"))).isNotEqualTo(NameHash.vector(characters("a")));
    assertThat(NameHash.vector(characters("abcX"))).isEqualTo(NameHash.vector(characters("abcY")));
  }

  @Test
  void hashSplitsReversedNamesAtTheirOwnModuleMark() {
    assertThat(NameHash.reverseVector(characters("lib`abc")))
        .isEqualTo(NameHash.vector(characters("bil")));
  }

  @Test
  void theSeedIsTheSumOfTheCharacters() {
    assertThat(NameHash.seeded(characters("ab"))).isEqualTo(NameHash.seeded(characters("ba")));
    assertThat(NameHash.seeded(characters("a"))).isCloseTo(0.638651976668374, within(1e-12));
  }

  @ParameterizedTest
  @CsvSource({
    "java/util/List, GREEN", "Lorg/x/Y, GREEN", "a:::b, GREEN", "f_[j], GREEN", "f_[i], AQUA",
    "std::sort, YELLOW", "sys_read_[k], ORANGE", "a::b_[k], YELLOW", "read, RED", "javax, RED"
  })
  void javaNames(String name, Palette hue) {
    assertThat(LanguageHues.java(name)).isEqualTo(hue);
  }

  @ParameterizedTest
  @CsvSource({
    "/a/b.js:1_[j], GREEN",
    "f_[j], AQUA",
    "v8::x, YELLOW",
    "/x.js:2, GREEN",
    "node:fs, AQUA",
    "' ', GREEN",
    "f_[k], ORANGE",
    "main, RED"
  })
  void jsNames(String name, Palette hue) {
    assertThat(LanguageHues.js(name)).isEqualTo(hue);
  }

  @ParameterizedTest
  @CsvSource({
    "/usr/lib/python3/site-packages/x.py:1, AQUA",
    "/usr/lib/python3/dist-packages/x.py:1, AQUA",
    "C:\\Python311\\Lib\\site-packages\\x.py, AQUA",
    "C:\\Python311\\Lib\\re.py, YELLOW",
    "/usr/lib/python3.11/re.py, YELLOW",
    "/opt/python-app/my.py, RED",
    "/srv/site-packages-old/my.py, RED",
    "<frozen importlib>, YELLOW",
    "<built-in method len>, YELLOW",
    "<method 'append' of 'list'>, YELLOW",
    "app.py:f, RED",
    "malloc, RED"
  })
  void pythonNames(String name, Palette hue) {
    assertThat(LanguageHues.python(name)).isEqualTo(hue);
  }

  @ParameterizedTest
  @CsvSource({
    "core::fmt::write, ORANGE",
    "<alloc::vec::Vec, ORANGE",
    "bin`std::rt, ORANGE",
    "bin`alloc::vec`x, ORANGE",
    "<core::future::from_generator::GenFuture<T> as core::future::Future>::poll, AQUA",
    "<core::option::Option, ORANGE",
    "app::run, AQUA",
    "main, YELLOW"
  })
  void rustNames(String name, Palette hue) {
    assertThat(LanguageHues.rust(name)).isEqualTo(hue);
  }

  @Test
  void dashesAreGreyInEveryPalette() {
    NameTable names = new NameTable();
    byte[] text = "----a".getBytes(StandardCharsets.US_ASCII);
    int one = names.intern(text, 0, 1);
    int two = names.intern(text, 0, 2);
    NameColors colors = new NameColors(names, Palette.HOT, Coloring.SEEDED, null);
    assertThat(colors.of(one)).isEqualTo(0xC8C8C8);
    assertThat(colors.of(two)).isEqualTo(0xA0A0A0);
  }

  @Test
  void differencesFadeTowardsZero() {
    assertThat(DeltaColor.of(0, 10, false)).isEqualTo(0xFFFFFF);
    assertThat(DeltaColor.of(10, 10, false)).isEqualTo(0xFF0000);
    assertThat(DeltaColor.of(-4, 6, false)).isEqualTo(0x4646FF);
    assertThat(DeltaColor.of(-4, 6, true)).isEqualTo(0xFF4646);
    assertThat(DeltaColor.ofShare(0, true)).isEqualTo(0xFFFFFF);
    assertThat(DeltaColor.ofShare(1, false)).isEqualTo(0xFF5F5F);
    assertThat(DeltaColor.ofShare(-1, false)).isEqualTo(0x5F5FFF);
  }

  @Test
  void backgroundsFollowThePalette() {
    assertThat(Background.of(Palette.MEM)).isEqualTo(Background.parse("green"));
    assertThat(Background.of(Palette.CHAIN)).isEqualTo(Background.parse("blue"));
    assertThat(Background.of(Palette.RED)).isEqualTo(Background.parse("grey"));
    assertThat(Background.of(Palette.JAVA)).isEqualTo(Background.parse("yellow"));
    assertThat(Background.parse("#12abEF".toLowerCase(java.util.Locale.ROOT)).top())
        .isEqualTo("#12abef");
    for (String bad : new String[] {"#12345", "#12345g", "red", "#\">\"<x", ""}) {
      assertThat(Background.parse(bad)).as(bad).isNull();
    }
  }

  @Test
  void paletteMapsKeepNamesWithArrowsAndIgnoreOtherLines(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("palette.map");
    Files.writeString(
        file,
        "a->b->rgb(1,2,3)\nplain->rgb(255,0,7)\nbad->rgb(256,0,0)\nworse->url(x)\nnone\n"
            + "evil->rgb(1,2,3)\" onload=\"x\n");
    PaletteMap map = PaletteMap.read(file);
    assertThat(map.get("a->b".getBytes(StandardCharsets.US_ASCII))).isEqualTo(0x010203);
    assertThat(map.get("plain".getBytes(StandardCharsets.US_ASCII))).isEqualTo(0xFF0007);
    assertThat(map.ignored()).isEqualTo(4);
    map.put("plain".getBytes(StandardCharsets.US_ASCII), 0xFF0007);
    assertThat(map.changed()).isFalse();
    map.put("new".getBytes(StandardCharsets.US_ASCII), 0x0A0B0C);
    assertThat(map.changed()).isTrue();
    assertThat(new String(map.toBytes(), StandardCharsets.US_ASCII))
        .isEqualTo("a->b->rgb(1,2,3)\nnew->rgb(10,11,12)\nplain->rgb(255,0,7)\n");
    assertThat(PaletteMap.read(folder.resolve("missing")).toBytes()).isEmpty();
  }
}
