/** What pgfaultstacks costs the traced process. */
package org.memstacks.fault.bench;
