/** Run by the build: renders the constant parts of every picture from their templates. */
package org.memstacks.flamegraph.shell;
