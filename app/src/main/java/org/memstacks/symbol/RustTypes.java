package org.memstacks.symbol;

import java.math.BigInteger;

/** The one-letter types of Rust's v0 mangling, and constants of them. */
final class RustTypes {
  private static final int MAX_DIGITS = 64;

  private RustTypes() {}

  /** Null when the letter is no basic type. */
  static String basic(char tag) {
    return switch (tag) {
      case 'a' -> "i8";
      case 'b' -> "bool";
      case 'c' -> "char";
      case 'd' -> "f64";
      case 'e' -> "str";
      case 'f' -> "f32";
      case 'h' -> "u8";
      case 'i' -> "isize";
      case 'j' -> "usize";
      case 'l' -> "i32";
      case 'm' -> "u32";
      case 'n' -> "i128";
      case 'o' -> "u128";
      case 'p' -> "_";
      case 's' -> "i16";
      case 't' -> "u16";
      case 'u' -> "()";
      case 'v' -> "...";
      case 'x' -> "i64";
      case 'y' -> "u64";
      case 'z' -> "!";
      default -> null;
    };
  }

  /**
   * A constant as source code has it.
   *
   * @param digits hexadecimal, perhaps none (0)
   * @return null when there are no constants of this type, or none of this value
   */
  static String constant(char type, boolean negative, String digits) {
    if (digits.length() > MAX_DIGITS) {
      return null;
    }
    BigInteger value = digits.isEmpty() ? BigInteger.ZERO : new BigInteger(digits, 16);
    return switch (type) {
      case 'h', 't', 'm', 'y', 'o', 'j' -> negative ? null : value.toString();
      case 'a', 's', 'l', 'x', 'n', 'i' -> (negative ? "-" : "") + value;
      case 'b' -> value.bitLength() > 1 || negative ? null : value.signum() == 0 ? "false" : "true";
      case 'c' ->
          value.bitLength() > 21 || !Character.isValidCodePoint(value.intValue())
              ? null
              : "'" + Character.toString(value.intValue()) + "'";
      default -> null;
    };
  }
}
