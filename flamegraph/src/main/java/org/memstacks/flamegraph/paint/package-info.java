/** From a laid-out tree to SVG text, escaped and streamed. */
package org.memstacks.flamegraph.paint;
