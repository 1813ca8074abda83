/**
 * Where a probe may sit in a function so that it costs least and counts right.
 *
 * <p>The kernel emulates a few instructions under a uprobe and single-steps all others out of line,
 * at more than ten times the cost. {@link org.memstacks.site.SiteChooser} decodes a function and
 * picks the cheapest instruction that every relevant call executes exactly once while the arguments
 * are still to be had. Input is bytes, output is values: nothing here reads a file or a process.
 */
package org.memstacks.site;
