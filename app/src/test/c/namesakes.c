/*
 * A program whose own functions have names that allocators have for theirs, linked statically: some of them are local to
 * the file, some are not. A row of the truth is named by the function that called malloc.
 */
#include "protocol.h"

#define OWN_FRAME __attribute__((noipa))
#define ROUNDS    1000

static void *volatile sink;

struct vector {
	void *data;
	size_t length;
};

/* jemalloc's takes the size first. */
OWN_FRAME void *mallocx(int flags, size_t size)
{
	void *p = malloc(size);

	if (p && flags & 1)
		memset(p, 0, size);
	sink = p;
	return p;
}

/* mimalloc's frees what it is given. */
static OWN_FRAME void vfree(struct vector *vector)
{
	free(vector->data);
	vector->data = NULL;
	sink = vector;
}

static OWN_FRAME void *mi_malloc(int kind, size_t size)
{
	void *p = malloc(size + (size_t)kind);

	sink = p;
	return p;
}

static OWN_FRAME struct vector *vector_of(size_t size)
{
	struct vector *vector = malloc(sizeof(*vector));

	vector->data = mallocx(1, size);
	vector->length = size;
	sink = vector;
	return vector;
}

int main(void)
{
	struct truth vectors = { 0 }, data = { 0 }, kinds = { 0 };

	protocol_announce();
	protocol_await();
	for (int i = 0; i < ROUNDS; i++) {
		vfree(vector_of(100));
		sink = mi_malloc(3, 50);
	}
	vectors.unfreed_bytes = vectors.all_bytes = ROUNDS * sizeof(struct vector);
	data.all_bytes = ROUNDS * 100;
	kinds.unfreed_bytes = kinds.all_bytes = ROUNDS * 53;
	vectors.all_events = data.all_events = kinds.all_events = ROUNDS;
	vectors.unfreed_blocks = kinds.unfreed_blocks = ROUNDS;
	vectors.all_bytes += data.all_bytes; /* below it, too */
	protocol_truth_begin();
	protocol_truth("vector_of", &vectors);
	protocol_truth("mi_malloc", &kinds);
	protocol_truth_end();
	protocol_await();
	return 0;
}
