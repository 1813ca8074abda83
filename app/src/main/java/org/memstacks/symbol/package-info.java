/**
 * From addresses to names. A name is given only when a symbol's extent covers the address; never
 * the nearest one.
 */
package org.memstacks.symbol;
