/** Reads ELF64 little-endian objects that may lie: every offset and count is checked before use. */
package org.memstacks.elf;
