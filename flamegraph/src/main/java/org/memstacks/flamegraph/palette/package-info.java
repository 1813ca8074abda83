/** From names and differences to colours: flamegraph.pl's palettes and hashes. */
package org.memstacks.flamegraph.palette;
