package org.memstacks.target;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UserNamespaceTest {
  @Test
  void rootOfTheMachineMapsEveryUserToHimself() {
    assertThat(UserNamespace.advice("         0          0 4294967295\n")).isEqualTo("run as root");
  }

  @Test
  void rootOfAUserNamespaceIsToldSo() {
    assertThat(UserNamespace.advice("         0       1000          1\n"))
        .contains("root of the machine", "rootless container");
  }
}
