package org.memstacks.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.memstacks.check.Finding.Level;
import org.memstacks.target.KernelState;

class MachineTest {
  @TempDir Path root;

  @Test
  void aKernelWithTypeInformationIsAsItShouldBe() throws IOException {
    write("sys/kernel/btf/vmlinux", "types");
    write("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
    Finding kernel = new Machine(new KernelState(root)).kernel();
    assertThat(kernel.level()).isEqualTo(Level.OK);
    assertThat(kernel.text()).startsWith("Linux ").endsWith(", with type information (BTF)");
    assertThat(kernel.fix()).isEmpty();
  }

  @Test
  void withoutTypeInformationAnotherKernelIsNeeded() throws IOException {
    Files.createDirectories(root.resolve("sys/kernel"));
    Finding kernel = new Machine(new KernelState(root)).kernel();
    assertThat(kernel.level()).isEqualTo(Level.MISSING);
    assertThat(kernel.text()).endsWith(" has no type information (/sys/kernel/btf/vmlinux)");
    assertThat(kernel.fix()).contains("boot a kernel built with CONFIG_DEBUG_INFO_BTF=y");
  }

  @Test
  void anEmptyFileIsNoTypeInformation() throws IOException {
    write("sys/kernel/btf/vmlinux", "");
    assertThat(new Machine(new KernelState(root)).kernel().level()).isEqualTo(Level.MISSING);
  }

  @Test
  void whereNothingIsMountedItCanBe() throws IOException {
    Finding kernel = new Machine(new KernelState(root)).kernel();
    assertThat(kernel.level()).isEqualTo(Level.MISSING);
    assertThat(kernel.fix()).contains("mount -t sysfs sysfs /sys");
  }

  @Test
  void aKernelLockedDownForConfidentialityIsNone() throws IOException {
    write("sys/kernel/btf/vmlinux", "types");
    write("sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
    Finding kernel = new Machine(new KernelState(root)).kernel();
    assertThat(kernel.level()).isEqualTo(Level.MISSING);
    assertThat(kernel.fix()).contains("boot without lockdown=confidentiality");
  }

  @Test
  void rightsThatLackAreNamed() {
    assertThat(Machine.rights(List.of(), true).level()).isEqualTo(Level.OK);
    Finding rights = Machine.rights(List.of("CAP_BPF", "CAP_PERFMON"), true);
    assertThat(rights.level()).isEqualTo(Level.MISSING);
    assertThat(rights.text()).isEqualTo("lacking are CAP_BPF, CAP_PERFMON");
    assertThat(rights.fix().orElseThrow()).contains("sudo memstacks", "--privileged");
  }

  @Test
  void allRightsInAUserNamespaceAreNone() {
    Finding rights = Machine.rights(List.of(), false);
    assertThat(rights.level()).isEqualTo(Level.MISSING);
    assertThat(rights.text()).contains("user namespace");
  }

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }
}
