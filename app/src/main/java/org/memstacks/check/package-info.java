/**
 * Whether a machine and a process can be traced, found out by the collector's own steps up to the
 * window, which is never opened.
 */
package org.memstacks.check;
