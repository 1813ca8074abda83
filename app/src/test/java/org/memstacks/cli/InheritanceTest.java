package org.memstacks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class InheritanceTest {
  @Test
  void whatTheLauncherChangedIsAsTheUserHadIt() {
    assertThat(
            environment(
                "LC_ALL=C.UTF-8",
                "PATH=/bin",
                "MEMSTACKS_USER_LC_ALL=de_DE",
                "MEMSTACKS_USER_CLASSPATH=a=b",
                "MEMSTACKS_USER_NOFILE=1024",
                "MEMSTACKS_JAVA_OPTS=-X"))
        .containsExactly("PATH=/bin", "LC_ALL=de_DE", "CLASSPATH=a=b", "MEMSTACKS_JAVA_OPTS=-X");
  }

  @Test
  void theLaunchersLocaleIsNotTheUsers() {
    assertThat(environment("LC_ALL=C.UTF-8", "MEMSTACKS_USER_NOFILE=1024")).isEmpty();
  }

  @Test
  void withoutTheLauncherTheEnvironmentIsTheUsers() {
    assertThat(environment("LC_ALL=C.UTF-8", "odd", ""))
        .containsExactly("LC_ALL=C.UTF-8", "odd", "");
  }

  @Test
  void argumentsThatAreNoTextStayWhatTheyAre() {
    byte[] odd = {'a', (byte) 0xff};
    List<byte[]> typed = List.of(bytes("java"), bytes("-c"), bytes("cat"), odd);
    assertThat(Inheritance.bytes(List.of("cat", "a\ufffd"), typed))
        .containsExactly(bytes("cat"), odd);
  }

  private static List<String> environment(String... ours) {
    return Inheritance.environment(Stream.of(ours).map(InheritanceTest::bytes).toList()).stream()
        .map(variable -> new String(variable, StandardCharsets.UTF_8))
        .toList();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
