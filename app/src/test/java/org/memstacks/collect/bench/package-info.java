/** {@code make bench}: what the collectors cost the process they trace. */
package org.memstacks.collect.bench;
