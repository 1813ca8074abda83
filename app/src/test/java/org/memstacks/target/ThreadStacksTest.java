package org.memstacks.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.memstacks.target.ThreadStacks.Stack;

/** Control blocks of threads, as the C libraries lay them out. */
class ThreadStacksTest {
  private static final long STACK = 0x7f00_0010_0000L;
  private static final long SIZE = 8 << 20;
  /* Where glibc and musl put the block: 2,304 bytes, or 1,300, before the end. */
  private static final long GLIBC_THREAD = STACK + SIZE - 0x900;
  private static final long MUSL_THREAD = STACK + SIZE - 0x510;

  @Test
  void glibcKeepsTheStackBehindItsThreadLocalData() {
    ByteBuffer block = block(GLIBC_THREAD);
    block.putLong(16, GLIBC_THREAD);
    block.putLong(1680, STACK).putLong(1688, SIZE).putLong(1696, 4096);

    assertThat(ThreadStacks.stack(block, GLIBC_THREAD)).contains(whole(GLIBC_THREAD));
  }

  @Test
  void muslKeepsTheMappingBeforeTheStack() {
    ByteBuffer block = block(MUSL_THREAD);
    block.putLong(8, MUSL_THREAD - 0x100).putLong(16, MUSL_THREAD + 0x200);
    block.putLong(72, STACK).putLong(80, SIZE);
    block.putLong(88, MUSL_THREAD - 0x80).putLong(96, SIZE - 0x3000);

    assertThat(ThreadStacks.stack(block, MUSL_THREAD)).contains(whole(MUSL_THREAD));
  }

  @Test
  void muslKeepsWhereAStackEndsThatItWasGiven() {
    ByteBuffer block = block(MUSL_THREAD);
    block.putLong(88, MUSL_THREAD - 0x80).putLong(96, 0x20000);
    long first = MUSL_THREAD - 0x80 - 0x20000 >> 12;

    assertThat(ThreadStacks.stack(block, MUSL_THREAD))
        .contains(new Stack(MUSL_THREAD, first, STACK + SIZE >> 12));
  }

  /** glibc knows of the main thread's stack its end only. */
  @Test
  void theMainThreadsBlockNamesNoStack() {
    ByteBuffer block = block(GLIBC_THREAD);
    block.putLong(1688, 0x7ffe_0000_1000L);

    assertThat(ThreadStacks.stack(block, GLIBC_THREAD)).isEmpty();
  }

  /** A small number before an address that lies close by is none. */
  @Test
  void anAddressIsNoSize() {
    ByteBuffer block = block(GLIBC_THREAD);
    block.putLong(64, 1).putLong(72, GLIBC_THREAD + 0x40);

    assertThat(ThreadStacks.stack(block, GLIBC_THREAD)).isEmpty();
  }

  /** Go sets the FS base to a word of its own in the heap. */
  @Test
  void whatDoesNotBeginWithItsOwnAddressIsNoControlBlock() {
    ByteBuffer block = block(0);
    block.putLong(1680, STACK).putLong(1688, SIZE);

    assertThat(ThreadStacks.stack(block, GLIBC_THREAD)).isEmpty();
  }

  /** The process writes these words: whatever they are, a stack holds its thread's block. */
  @Test
  void noWordsMakeAStackThatDoesNotHoldItsThread() {
    Random random = new Random(12);
    for (int i = 0; i < 20_000; i++) {
      ByteBuffer block = block(GLIBC_THREAD);
      for (int at = 8; at < block.limit(); at += 8) {
        block.putLong(at, random.nextBoolean() ? near(random) : random.nextLong());
      }
      block.limit(random.nextInt(block.limit() + 1));
      Optional<Stack> stack = ThreadStacks.stack(block, GLIBC_THREAD);
      long page = GLIBC_THREAD >> 12;

      assertThat(stack.filter(s -> s.first() > page || s.end() <= page || s.end() > page + 3))
          .isEmpty();
    }
  }

  @Test
  void pagesAreCutWhereStacksBeginAndEnd() {
    ThreadStacks stacks =
        new ThreadStacks(List.of(new Stack(1, 10, 20), new Stack(2, 20, 30), new Stack(3, 50, 60)));

    assertThat(cut(stacks, 0, 5)).containsExactly("0-5");
    assertThat(cut(stacks, 5, 55)).containsExactly("5-10", "10-20", "20-30", "30-50", "50-55");
    assertThat(cut(stacks, 12, 18)).containsExactly("12-18");
    assertThat(cut(stacks, 58, 70)).containsExactly("58-60", "60-70");
    assertThat(List.of(9L, 10L, 29L, 30L, 49L, 50L, 60L).stream().map(stacks::contains))
        .containsExactly(false, true, true, false, false, true, false);
  }

  private static List<String> cut(ThreadStacks stacks, long first, long end) {
    List<String> parts = new ArrayList<>();
    stacks.cut(first, end, (from, to) -> parts.add(from + "-" + to));
    return parts;
  }

  private static long near(Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> random.nextLong(1L << 40);
      case 1 -> STACK + random.nextLong(2 * SIZE);
      default -> random.nextLong(2 * SIZE);
    };
  }

  private static ByteBuffer block(long itself) {
    return ByteBuffer.allocate(2048).order(ByteOrder.LITTLE_ENDIAN).putLong(0, itself);
  }

  private static Stack whole(long thread) {
    return new Stack(thread, STACK >> 12, STACK + SIZE >> 12);
  }
}
