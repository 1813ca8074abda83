/*
 * A program that has files mapped as code: mapper FILE... None of them needs to be any. It allocates as others do.
 */
#include <fcntl.h>
#include <sys/mman.h>

#include "protocol.h"

#define BLOCKS 1000

#define OWN_FRAME __attribute__((noinline))

static void *volatile sink;

OWN_FRAME void *mapper_keeps(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

int main(int argc, char **argv)
{
	const struct truth keeps = { 32L * BLOCKS, BLOCKS, 32L * BLOCKS, BLOCKS, 0 };

	for (int i = 1; i < argc; i++) {
		int file = open(argv[i], O_RDONLY | O_CLOEXEC);

		if (file < 0 || mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) == MAP_FAILED)
			return 1;
		close(file);
	}
	protocol_announce();
	protocol_await();
	for (int i = 0; i < BLOCKS; i++)
		mapper_keeps(32);
	protocol_truth_begin();
	protocol_truth("mapper_keeps", &keeps);
	protocol_truth_end();
	protocol_await();
	return 0;
}
