/** Functions of C, called through the FFM API. */
package org.memstacks.foreign;
