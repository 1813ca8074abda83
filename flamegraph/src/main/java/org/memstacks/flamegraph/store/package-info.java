/** The whole tree in compact columns, from which the script draws what the picture cannot show. */
package org.memstacks.flamegraph.store;
