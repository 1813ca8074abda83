/** What a process has mapped by itself: who mapped which addresses, call by call. */
package org.memstacks.mapping;
