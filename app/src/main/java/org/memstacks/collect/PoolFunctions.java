package org.memstacks.collect;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A program's own functions that hand out memory and take it back, as a user describes them: {@code
 * alloc=pool_get:2 free=pool_put:2}, the numbers being those of the arguments from 1. {@code 2/32}
 * says that the argument has 32 bits.
 *
 * @param functions at least one that allocates and one that frees, none twice
 */
public record PoolFunctions(List<AllocatorFunction> functions) {
  /** How the description is written. */
  public static final String SHAPE =
      "'alloc=NAME:SIZE free=NAME:POINTER', besides calloc=NAME:COUNT:SIZE and"
          + " realloc=NAME:POINTER:SIZE, with numbers of arguments from 1 to 4; 2/32 is one that is an int";

  private static final String ARGUMENT = "([1-4])(?:/(8|16|32|64))?";
  private static final Pattern PART =
      Pattern.compile(
          "(alloc|calloc|realloc|free)=([^:\\s]+):" + ARGUMENT + "(?::" + ARGUMENT + ")?");

  public PoolFunctions {
    functions = List.copyOf(functions);
  }

  /**
   * @throws IllegalArgumentException with a message for the user
   */
  public static PoolFunctions parse(String text) {
    List<AllocatorFunction> functions = new ArrayList<>();
    for (String part : text.strip().split("\\s+")) {
      Matcher matcher = PART.matcher(part);
      if (!matcher.matches()) {
        throw new IllegalArgumentException("'%s' is not of the form %s".formatted(part, SHAPE));
      }
      AllocatorFunction function = function(matcher, part);
      if (functions.stream().anyMatch(other -> other.symbol().equals(function.symbol()))) {
        throw twice(function);
      }
      functions.add(function);
    }
    if (functions.stream().noneMatch(AllocatorFunction::isFree)
        || functions.stream().allMatch(AllocatorFunction::isFree)) {
      throw new IllegalArgumentException(
          "'%s' lacks a function that %s: the form is %s"
              .formatted(text, functions.getFirst().isFree() ? "allocates" : "frees", SHAPE));
    }
    return new PoolFunctions(functions);
  }

  /**
   * Several pools may have a function in common, but not in two parts.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  public static void requireConsistent(List<PoolFunctions> pools) {
    Map<String, AllocatorFunction> known = new HashMap<>();
    for (PoolFunctions pool : pools) {
      for (AllocatorFunction function : pool.functions) {
        AllocatorFunction other = known.putIfAbsent(function.symbol(), function);
        if (other != null && !other.equals(function)) {
          throw twice(function);
        }
      }
    }
  }

  private static IllegalArgumentException twice(AllocatorFunction function) {
    return new IllegalArgumentException(
        "%s is named twice: a function has one part, as it allocates or frees"
            .formatted(function.symbol()));
  }

  private static AllocatorFunction function(Matcher part, String text) {
    String name = part.group(2);
    String kind = part.group(1);
    int first = Integer.parseInt(part.group(3));
    boolean two = kind.equals("calloc") || kind.equals("realloc");
    if (two != (part.group(5) != null)) {
      throw new IllegalArgumentException(
          "'%s' needs %s: the form is %s"
              .formatted(text, two ? "two numbers" : "one number", SHAPE));
    }
    if (part.group(4) != null && (kind.equals("realloc") || kind.equals("free"))) {
      throw new IllegalArgumentException(
          "'%s' says how many bits a pointer has: only a SIZE or a COUNT may be narrower than 64"
              .formatted(text));
    }
    int second = two ? Integer.parseInt(part.group(5)) : 0;
    int firstBits = bits(part.group(4));
    int secondBits = bits(part.group(6));
    return switch (kind) {
      case "alloc" -> AllocatorFunction.allocation(name, first).withBits(firstBits, 0);
      case "calloc" ->
          AllocatorFunction.product(name, first, second).withBits(secondBits, firstBits);
      case "realloc" -> AllocatorFunction.reallocation(name, first, second).withBits(secondBits, 0);
      default -> AllocatorFunction.freeing(name, first);
    };
  }

  /** 0 where nothing is said. */
  private static int bits(String text) {
    return text == null ? 0 : Integer.parseInt(text);
  }
}
