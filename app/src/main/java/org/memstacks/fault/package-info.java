/** Page faults: which stacks brought the pages by which a process's resident memory grew. */
package org.memstacks.fault;
