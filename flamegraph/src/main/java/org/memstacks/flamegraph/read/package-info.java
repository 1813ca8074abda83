/** Folded stacks, plain or gzip, from files and streams, into a {@code StackTree}. */
package org.memstacks.flamegraph.read;
