/**
 * The collectors: attach, wait, read out, reconcile into stacks with values and an account of
 * losses.
 */
package org.memstacks.collect;
