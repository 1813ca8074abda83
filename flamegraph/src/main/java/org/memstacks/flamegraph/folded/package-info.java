/** A tree as folded text again. */
package org.memstacks.flamegraph.folded;
