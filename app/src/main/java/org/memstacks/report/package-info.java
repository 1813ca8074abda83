/** Stacks with values as text: folded lines and tables. */
package org.memstacks.report;
