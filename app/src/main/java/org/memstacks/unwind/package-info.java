/** From .eh_frame to rows of eight bytes that a BPF program can search. */
package org.memstacks.unwind;
