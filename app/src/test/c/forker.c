/*
 * A program that forks in its window: children that allocate, children that free their copies of the parent's
 * blocks, and one that is replaced by another program (vfork, exec). All of that is theirs: the truth is what
 * the parent did.
 */
#define _GNU_SOURCE
#include <sys/wait.h>

#include "protocol.h"

#define CHILDREN 8
#define BLOCKS   1000

#define OWN_FRAME __attribute__((noinline))

static void *blocks[BLOCKS];
static void *volatile sink;

OWN_FRAME void *parent_keeps(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *parent_between_forks(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void *child_allocates(size_t size)
{
	void *p = malloc(size);

	sink = p;
	return p;
}

OWN_FRAME void child_frees(void *p)
{
	free(p);
	sink = NULL;
}

static void child(void)
{
	for (int i = 0; i < BLOCKS; i++)
		child_frees(blocks[i]);
	for (int i = 0; i < BLOCKS; i++)
		child_allocates(128);
	_exit(0);
}

static void wait_for(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "forker: a child failed\n");
		_exit(1);
	}
}

int main(void)
{
	struct truth keeps = { 0 }, between = { 0 };
	const struct truth none = { 0 };

	protocol_announce();
	protocol_await();
	for (int i = 0; i < BLOCKS; i++) {
		blocks[i] = parent_keeps(100);
		keeps.all_bytes += 100;
		keeps.all_events++;
	}
	for (int i = 0; i < CHILDREN; i++) {
		pid_t pid = fork();

		if (pid == 0)
			child();
		/* While the child may still run: the parent's events go on being counted. */
		free(parent_between_forks(64));
		parent_between_forks(16);
		between.all_bytes += 64 + 16;
		between.all_events += 2;
		between.unfreed_bytes += 16;
		between.unfreed_blocks++;
		wait_for(pid);
	}
	pid_t pid = vfork();

	if (pid == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(127);
	}
	wait_for(pid);
	keeps.unfreed_bytes = keeps.all_bytes;
	keeps.unfreed_blocks = keeps.all_events;

	protocol_truth_begin();
	protocol_truth("parent_keeps", &keeps);
	protocol_truth("parent_between_forks", &between);
	protocol_truth("child_allocates", &none);
	protocol_truth_end();
	protocol_await();
	return 0;
}
