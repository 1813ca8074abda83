/** What runs in the kernel, and how Java speaks to it: libbpf through the FFM API. */
package org.memstacks.bpf;
