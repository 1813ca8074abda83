/** The command flamegraph: options, exit codes and messages. */
package org.memstacks.cli.flamegraph;
