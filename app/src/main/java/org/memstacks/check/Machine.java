package org.memstacks.check;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.memstacks.bpf.BpfObject;
import org.memstacks.target.Capabilities;
import org.memstacks.target.KernelState;
import org.memstacks.target.KernelVersion;
import org.memstacks.target.UserNamespace;

/** What this machine gives a collector, whatever it traces. */
final class Machine {
  private final KernelState kernel;

  Machine(KernelState kernel) {
    this.kernel = kernel;
  }

  /**
   * @param foreign whether the process to trace belongs to another user
   */
  List<Finding> findings(boolean foreign) throws IOException {
    List<Finding> findings = new ArrayList<>();
    findings.add(kernel());
    findings.add(rights(Capabilities.own().missing(foreign), UserNamespace.isInitial()));
    findings.add(libbpf());
    return findings;
  }

  Finding kernel() throws IOException {
    String release = "Linux " + KernelVersion.release();
    if (!kernel.hasTypeInformation()) {
      return kernel.isVisible()
          ? Finding.missing(
              "kernel",
              release + " has no type information (" + KernelState.TYPES + ")",
              "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y")
          : Finding.missing(
              "kernel", release + "; /sys is not mounted", "mount -t sysfs sysfs /sys");
    }
    if (kernel.isConfidential()) {
      return Finding.missing(
          "kernel",
          release + " is locked down for confidentiality: BPF may not read memory",
          "boot without lockdown=confidentiality");
    }
    return Finding.ok("kernel", release + ", with type information (BTF)");
  }

  /**
   * @param ofMachine whether the capabilities are those of the machine, not of a user namespace
   */
  static Finding rights(List<String> missing, boolean ofMachine) {
    if (missing.isEmpty() && !ofMachine) {
      return Finding.missing(
          "rights",
          "only those of a user namespace (a rootless container), which the kernel takes no programs by",
          "run it as root of the machine");
    }
    return missing.isEmpty()
        ? Finding.ok("rights", "sufficient")
        : Finding.missing(
            "rights",
            "lacking are " + String.join(", ", missing),
            "run it as root: sudo memstacks; in a container, give it --privileged or these capabilities");
  }

  private static Finding libbpf() {
    try {
      return Finding.ok("libbpf", BpfObject.libbpfVersion().replace("v", ""));
    } catch (UnsatisfiedLinkError e) {
      return Finding.missing(
          "libbpf",
          e.getMessage(),
          "apt-get install libbpf1, of Debian 12, Ubuntu 24.04 or newer; elsewhere build 1.0 or newer from github.com/libbpf/libbpf");
    }
  }
}
