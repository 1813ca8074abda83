package org.memstacks.bpf;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The type information clang left in a compiled BPF object (Documentation/bpf/btf.rst of the
 * kernel).
 */
final class Btf {
  private static final int INT = 1;
  private static final int ARRAY = 3;
  private static final int STRUCT = 4;
  private static final int UNION = 5;
  private static final int ENUM = 6;
  private static final int FUNC_PROTO = 13;
  private static final int VAR = 14;
  private static final int DATASEC = 15;
  private static final int DECL_TAG = 17;
  private static final int ENUM64 = 19;

  /**
   * @param fields offsets in bytes, in order
   */
  record Struct(long size, Map<String, Long> fields) {}

  private final ByteBuffer bytes;
  private final int strings;
  private final Map<String, Struct> structs = new LinkedHashMap<>();

  private Btf(ByteBuffer bytes) {
    this.bytes = bytes;
    int header = bytes.getInt(4);
    int types = header + bytes.getInt(8);
    int typesEnd = types + bytes.getInt(12);
    this.strings = header + bytes.getInt(16);
    for (int at = types; at < typesEnd; ) {
      at = type(at);
    }
  }

  /** Reads the object compiled from {@code NAME.bpf.c}. */
  static Btf of(String name) throws IOException {
    try (InputStream in = BpfObject.class.getResourceAsStream(name + ".bpf.o")) {
      ByteBuffer elf = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
      int sections = (int) elf.getLong(0x28);
      int names = (int) elf.getLong(sections + 64 * elf.getShort(0x3e) + 0x18);
      for (int i = 0; i < elf.getShort(0x3c); i++) {
        int section = sections + 64 * i;
        if (string(elf, names + elf.getInt(section)).equals(".BTF")) {
          int offset = (int) elf.getLong(section + 0x18);
          return new Btf(
              elf.slice(offset, (int) elf.getLong(section + 0x20)).order(ByteOrder.LITTLE_ENDIAN));
        }
      }
      throw new IOException(name + " has no .BTF");
    }
  }

  Struct struct(String name) {
    return structs.get(name);
  }

  List<String> fieldNames(String struct) {
    return new ArrayList<>(structs.get(struct).fields().keySet());
  }

  private int type(int at) {
    String name = name(bytes.getInt(at));
    int info = bytes.getInt(at + 4);
    int size = bytes.getInt(at + 8);
    int count = info & 0xffff;
    int next = at + 12;
    switch (info >>> 24 & 0x1f) {
      case INT, VAR, DECL_TAG -> next += 4;
      case ARRAY -> next += 12;
      case STRUCT, UNION -> {
        Map<String, Long> fields = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
          fields.put(name(bytes.getInt(next)), (bytes.getInt(next + 8) & 0xffffffL) / 8);
          next += 12;
        }
        structs.put(name, new Struct(size, fields));
      }
      case ENUM -> next += 8 * count;
      case FUNC_PROTO -> next += 8 * count;
      case DATASEC, ENUM64 -> next += 12 * count;
      default -> {
        // Nothing follows the head.
      }
    }
    return next;
  }

  private String name(int offset) {
    return string(bytes, strings + offset);
  }

  private static String string(ByteBuffer from, int at) {
    int end = at;
    while (from.get(end) != 0) {
      end++;
    }
    byte[] name = new byte[end - at];
    from.get(at, name);
    return new String(name, StandardCharsets.UTF_8);
  }
}
