#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "segment.h"

struct segment open_segment(unsigned number)
{
	struct segment segment = { NULL, 16384 + number % 4 * 4096 };

	segment.memory =
		mmap(NULL, INDEX_BYTES + segment.length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (segment.memory == MAP_FAILED) {
		perror("log-reader: mmap");
		exit(1);
	}
	memset(segment.memory, 0, INDEX_BYTES);
	memset(segment.memory + INDEX_BYTES, (int)(number % 256), segment.length);
	return segment;
}

unsigned search_segment(const struct segment *segment, unsigned char wanted)
{
	const unsigned char *records = segment->memory + INDEX_BYTES;
	unsigned found = 0;

	for (size_t i = 0; i < segment->length; i++)
		found += records[i] == wanted;
	return found;
}

void close_segment(struct segment *segment)
{
	/* the bug: the index before the records is part of the mapping, too; its last page stays */
	munmap(segment->memory, segment->length);
	segment->memory = NULL;
}
