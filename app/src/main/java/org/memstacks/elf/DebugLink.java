package org.memstacks.elf;

/**
 * What .gnu_debuglink says of the file that holds an object's debug data (GDB manual, "Separate
 * Debug Files").
 *
 * @param fileName without directories, one character per byte
 * @param crc CRC-32 of that file's contents
 */
public record DebugLink(String fileName, int crc) {}
