/** Inputs of any size, and the benchmark that runs the command on them. */
package org.memstacks.cli.flamegraph.bench;
