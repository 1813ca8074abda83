/** Frames merged by call path: names as bytes, counts as exact fixed-point numbers. */
package org.memstacks.flamegraph.tree;
