/** Where each frame of a tree lies in the picture, in pixels. */
package org.memstacks.flamegraph.layout;
