package org.memstacks.collect;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A program's own functions that hand out memory and take it back, as a user describes them: {@code
 * alloc=pool_get:2 free=pool_put:2}, the numbers being those of the arguments from 1.
 *
 * @param functions at least one that allocates and one that frees
 */
public record PoolFunctions(List<AllocatorFunction> functions) {
  /** How the description is written. */
  public static final String SHAPE =
      "'alloc=NAME:SIZE free=NAME:POINTER', besides calloc=NAME:COUNT:SIZE and"
          + " realloc=NAME:POINTER:SIZE, with numbers of arguments from 1 to 4";

  private static final Pattern PART =
      Pattern.compile("(alloc|calloc|realloc|free)=([^:\\s]+):([1-4])(?::([1-4]))?");

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
      functions.add(function(matcher, part));
    }
    if (functions.stream().noneMatch(AllocatorFunction::isFree)
        || functions.stream().allMatch(AllocatorFunction::isFree)) {
      throw new IllegalArgumentException(
          "'%s' lacks a function that %s: the form is %s"
              .formatted(text, functions.getFirst().isFree() ? "allocates" : "frees", SHAPE));
    }
    return new PoolFunctions(functions);
  }

  private static AllocatorFunction function(Matcher part, String text) {
    String name = part.group(2);
    int first = Integer.parseInt(part.group(3));
    boolean two = part.group(1).equals("calloc") || part.group(1).equals("realloc");
    if (two != (part.group(4) != null)) {
      throw new IllegalArgumentException(
          "'%s' needs %s: the form is %s"
              .formatted(text, two ? "two numbers" : "one number", SHAPE));
    }
    int second = two ? Integer.parseInt(part.group(4)) : 0;
    return switch (part.group(1)) {
      case "alloc" -> AllocatorFunction.allocation(name, first);
      case "calloc" -> AllocatorFunction.product(name, first, second);
      case "realloc" -> AllocatorFunction.reallocation(name, first, second);
      default -> AllocatorFunction.freeing(name, first);
    };
  }
}
