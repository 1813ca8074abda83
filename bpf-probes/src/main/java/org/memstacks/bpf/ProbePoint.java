package org.memstacks.bpf;

/**
 * One instruction to probe.
 *
 * @param fileOffset offset of the instruction in its object file, in bytes
 * @param cookie what {@code bpf_get_attach_cookie} gives the program there
 */
public record ProbePoint(long fileOffset, long cookie) {}
