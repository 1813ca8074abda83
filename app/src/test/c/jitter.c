/*
 * A program that makes code while it runs, as a JIT compiler does, with a frame pointer, and writes its name to
 * /tmp/perf-PID.map. That code allocates.
 */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "protocol.h"

#define BLOCKS      50
#define BLOCK_BYTES 70

/* push %rbp; mov %rsp, %rbp; call *%rsi; pop %rbp; ret */
static const unsigned char code[] = { 0x55, 0x48, 0x89, 0xe5, 0xff, 0xd6, 0x5d, 0xc3 };

static void *volatile sink;

static void write_name(const void *start)
{
	char path[64];
	FILE *map;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	map = fopen(path, "w");
	if (!map)
		_exit(1);
	fprintf(map, "%lx %zx made_while_running\n", (unsigned long)start, sizeof(code));
	fclose(map);
}

int main(void)
{
	const struct truth truth = { BLOCKS * BLOCK_BYTES, BLOCKS, BLOCKS * BLOCK_BYTES, BLOCKS, 0 };
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *(*made)(size_t, void *(*)(size_t));

	if (page == MAP_FAILED)
		return 1;
	memcpy(page, code, sizeof(code));
	if (mprotect(page, 4096, PROT_READ | PROT_EXEC))
		return 1;
	*(void **)&made = page;
	protocol_announce();
	protocol_await();
	write_name(page);
	for (int i = 0; i < BLOCKS; i++)
		sink = made(BLOCK_BYTES, malloc);
	protocol_truth_begin();
	protocol_truth("made_while_running", &truth);
	protocol_truth_end();
	protocol_await();
	return 0;
}
