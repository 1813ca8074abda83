package org.memstacks.flamegraph.tree;

import java.util.Arrays;

/**
 * Frame names as byte strings, each distinct one numbered from 0 in order of first appearance.
 *
 * <p>Names are never decoded here: two names are one if and only if their bytes are equal. Not safe
 * for use by several threads.
 */
public final class NameTable {
  private static final int MAX_BYTES = Integer.MAX_VALUE - 64;

  private byte[] bytes = new byte[1 << 14];
  private int[] end = new int[1 << 9];
  private int[] hash = new int[1 << 9];
  private int size;
  private int[] slots = new int[1 << 10];
  private int mask = slots.length - 1;

  /** Number of distinct names. */
  public int size() {
    return size;
  }

  /**
   * The number of the name in {@code src[from, to)}, given when it is new.
   *
   * @throws TreeLimitException if all distinct names together exceed 2 GiB
   */
  public int intern(byte[] src, int from, int to) {
    int h = 0;
    for (int i = from; i < to; i++) {
      h = 31 * h + src[i];
    }
    return intern(src, from, to, h);
  }

  /** As {@link #intern(byte[], int, int)}, with the hash h = 31 * h + byte already computed. */
  public int intern(byte[] src, int from, int to, int rawHash) {
    int h = rawHash * 0x9E3779B1;
    h ^= h >>> 15;
    int[] table = slots;
    int[] hashes = hash;
    int last = mask;
    int slot = h & last;
    for (int entry; (entry = table[slot]) != 0; slot = (slot + 1) & last) {
      if (hashes[entry - 1] == h && equalTo(entry - 1, src, from, to)) {
        return entry - 1;
      }
    }
    return append(src, from, to, h, slot);
  }

  private boolean equalTo(int id, byte[] src, int from, int to) {
    byte[] all = bytes;
    int at = start(id);
    if (end[id] - at != to - from) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (all[at++] != src[i]) {
        return false;
      }
    }
    return true;
  }

  private int append(byte[] src, int from, int to, int h, int slot) {
    int start = size == 0 ? 0 : end[size - 1];
    long needed = (long) start + (to - from);
    if (needed > MAX_BYTES) {
      throw new TreeLimitException("the distinct frame names together exceed 2 GiB");
    }
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, (int) Math.min(MAX_BYTES, Math.max(needed, 2L * bytes.length)));
    }
    if (size == end.length) {
      end = Arrays.copyOf(end, 2 * size);
      hash = Arrays.copyOf(hash, 2 * size);
    }
    System.arraycopy(src, from, bytes, start, to - from);
    end[size] = (int) needed;
    hash[size] = h;
    slots[slot] = ++size;
    if (2 * size > slots.length) {
      rehash();
    }
    return size - 1;
  }

  private void rehash() {
    slots = new int[2 * slots.length];
    mask = slots.length - 1;
    for (int id = 0; id < size; id++) {
      int slot = hash[id] & mask;
      while (slots[slot] != 0) {
        slot = (slot + 1) & mask;
      }
      slots[slot] = id + 1;
    }
  }

  private int start(int id) {
    return id == 0 ? 0 : end[id - 1];
  }

  /** A number that depends on the name's bytes alone. */
  public int hash(int id) {
    return hash[id];
  }

  /** Length of a name in bytes. */
  public int length(int id) {
    return end[id] - start(id);
  }

  /** A copy of a name's bytes. */
  public byte[] get(int id) {
    return Arrays.copyOfRange(bytes, start(id), end[id]);
  }

  /** The number here of name {@code id} of another table. */
  public int internFrom(NameTable other, int id) {
    return intern(other.bytes, other.start(id), other.end[id]);
  }

  /**
   * Compares two names as unsigned bytes, each followed by a separator byte: what sorting whole
   * folded lines amounts to. A name that is a prefix of the other's bytes comes first.
   */
  public int compare(int a, byte separatorA, int b, byte separatorB) {
    int startA = start(a);
    int startB = start(b);
    int lengthA = end[a] - startA;
    int lengthB = end[b] - startB;
    int common = Math.min(lengthA, lengthB);
    int i = Arrays.mismatch(bytes, startA, startA + common, bytes, startB, startB + common);
    if (i < 0) {
      i = common;
    }
    int byteA = i < lengthA ? bytes[startA + i] & 0xFF : separatorA;
    int byteB = i < lengthB ? bytes[startB + i] & 0xFF : separatorB;
    return byteA != byteB ? Integer.compare(byteA, byteB) : Integer.compare(lengthA, lengthB);
  }
}
