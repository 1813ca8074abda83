/** Folded stacks in, interactive flame graphs out; usable on any profiler's output. */
package org.memstacks.flamegraph;
