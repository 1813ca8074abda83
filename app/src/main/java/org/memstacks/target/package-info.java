/** The process under observation: its mappings and the objects mapped. */
package org.memstacks.target;
