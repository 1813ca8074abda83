/** Options and exit codes of the three commands; nothing else decides them. */
package org.memstacks.cli;
