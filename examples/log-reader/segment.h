#pragma once

#include <stddef.h>

/* A part of a log, unpacked into memory of its own: an index of INDEX_BYTES, then the records. */
struct segment {
	unsigned char *memory;
	size_t length; /* of the records */
};

#define INDEX_BYTES 4096

struct segment open_segment(unsigned number);
unsigned search_segment(const struct segment *segment, unsigned char wanted);
void close_segment(struct segment *segment);
