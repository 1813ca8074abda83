/*
 * The benchmark's target: threads that do nothing but malloc and free, from stacks of a known shape.
 *
 *   loop
 *
 * prints its PID, then obeys lines on stdin and answers each with one line:
 *
 *   run SHAPE THREADS MILLISECONDS   allocates and frees; at last each thread allocates once more from every stack
 *                                    of the shape and keeps the blocks. Answers PAIRS CPU WALL KEPT STACKS: the
 *                                    pairs of all threads, the CPU time and the wall time of each thread summed in
 *                                    nanoseconds, the blocks kept, and how many different stacks the shape has in one
 *                                    thread.
 *   drop                             frees what was kept. Answers FREED.
 *
 * Shapes: repeat, one stack of seven frames above malloc; same-sp, 1,000 stacks that differ in the functions on them
 * but not in their depth; depths, 1,000 stacks of 25 depths; chains-16 and chains-112, 400 stacks with so many
 * frames of code that is met too rarely to be remembered (chains.S), and six more. Frames count from malloc's caller to
 * clone.
 * Nothing else allocates between the answers.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 16
#define STACKS      1000
#define BLOCK_BYTES 64
#define FRAME       __attribute__((noinline, noclone))

struct worker {
	pthread_t thread;
	long pairs;
	long cpu_time;
	long wall_time;
	int kept;
	void *block[STACKS];
} __attribute__((aligned(64)));

struct shape {
	const char *name;
	int stacks;
	/* One block from stack number n; kept for good when keep says so. */
	void (*allocate)(int n, void **keep);
};

static struct worker workers[MAX_THREADS];
static pthread_barrier_t gate;
static const struct shape *shape;
static int threads;
static long milliseconds;
static volatile int after;

static long now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000L + time.tv_nsec;
}

static inline __attribute__((always_inline)) void pair(void **keep)
{
	void *block = malloc(BLOCK_BYTES);

	if (keep)
		*keep = block;
	else
		free(block);
	after++;
}

/* ---- repeat ---- */

FRAME static void inner(void **keep)
{
	pair(keep);
}
FRAME static void outer(void **keep)
{
	inner(keep);
	after++;
}
FRAME static void repeat(int n, void **keep)
{
	(void)n;
	outer(keep);
	after++;
}

/* ---- same-sp: three levels of ten functions each, the innermost of which allocates ---- */

typedef void (*level)(int n, void **keep);

#define TEN(DEFINE) DEFINE(0) DEFINE(1) DEFINE(2) DEFINE(3) DEFINE(4) DEFINE(5) DEFINE(6) DEFINE(7) DEFINE(8) DEFINE(9)
#define NAMES(prefix) \
	{ prefix##0, prefix##1, prefix##2, prefix##3, prefix##4, prefix##5, prefix##6, prefix##7, prefix##8, prefix##9 }

#define LEAF(i)                                       \
	FRAME static void leaf##i(int n, void **keep) \
	{                                             \
		(void)n;                              \
		pair(keep);                           \
		after += i;                           \
	}
TEN(LEAF)
static const level leaves[] = NAMES(leaf);

#define MIDDLE(i)                                       \
	FRAME static void middle##i(int n, void **keep) \
	{                                               \
		leaves[n % 10](n, keep);                \
		after += i;                             \
	}
TEN(MIDDLE)
static const level middles[] = NAMES(middle);

#define TOP(i)                                       \
	FRAME static void top##i(int n, void **keep) \
	{                                            \
		middles[n / 10 % 10](n, keep);       \
		after += i;                          \
	}
TEN(TOP)
static const level tops[] = NAMES(top);

FRAME static void same_sp(int n, void **keep)
{
	tops[n / 100](n, keep);
	after++;
}

/* ---- depths: ten leaves below 1 to 25 calls of one recursive function and four of others ---- */

FRAME static void descend(int calls, int n, void **keep)
{
	if (calls == 0)
		leaves[n % 10](n, keep);
	else
		descend(calls - 1, n, keep);
	after++;
}

#define BRANCH(i)                                       \
	FRAME static void branch##i(int n, void **keep) \
	{                                               \
		descend(n / 40, n, keep);               \
		after += i;                             \
	}
TEN(BRANCH)
static const level branches[] = NAMES(branch);

FRAME static void depths(int n, void **keep)
{
	branches[n / 10 % 4](n, keep);
	after++;
}

/* ---- chains: see chains.S ---- */

#define CHAINS               400
#define CHAIN                112
#define CHAIN_FUNCTION_BYTES 128

extern char chains[];
void chain_end(void **keep);

/* Arguments pass through a chain untouched. */
FRAME void chain_end(void **keep)
{
	pair(keep);
}

FRAME static void enter(int n, int frames, void **keep)
{
	char *function = chains + (n * CHAIN + CHAIN - frames) * CHAIN_FUNCTION_BYTES;

	((void (*)(void **))function)(keep);
	after++;
}

FRAME static void chains_16(int n, void **keep)
{
	enter(n, 16, keep);
	after++;
}
FRAME static void chains_112(int n, void **keep)
{
	enter(n, 112, keep);
	after++;
}

/* ---- driving ---- */

static const struct shape shapes[] = {
	{ "repeat", 1, repeat },
	{ "same-sp", STACKS, same_sp },
	{ "depths", STACKS, depths },
	{ "chains-16", CHAINS, chains_16 },
	{ "chains-112", CHAINS, chains_112 },
};

FRAME static void run(struct worker *worker)
{
	int stacks = shape->stacks, n = 0;
	long cpu = now(CLOCK_THREAD_CPUTIME_ID), begin = now(CLOCK_MONOTONIC);
	long end = begin + milliseconds * 1000000L, pairs = 0, time;

	do {
		for (int i = 0; i < 100; i++) {
			shape->allocate(n, NULL);
			n = n + 1 == stacks ? 0 : n + 1;
		}
		pairs += 100;
		time = now(CLOCK_MONOTONIC);
	} while (time < end);
	worker->pairs = pairs;
	worker->wall_time = time - begin;
	worker->cpu_time = now(CLOCK_THREAD_CPUTIME_ID) - cpu;
	worker->kept = stacks;
	for (n = 0; n < stacks; n++)
		shape->allocate(n, &worker->block[n]);
	after++;
}

static void *work(void *argument)
{
	struct worker *worker = argument;

	for (;;) {
		pthread_barrier_wait(&gate);
		if (worker < workers + threads)
			run(worker);
		pthread_barrier_wait(&gate);
	}
	return NULL;
}

static bool start(const char *name)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		if (strcmp(shapes[i].name, name) == 0) {
			shape = &shapes[i];
			pthread_barrier_wait(&gate);
			pthread_barrier_wait(&gate);
			return true;
		}
	}
	return false;
}

static void report(void)
{
	long pairs = 0, cpu_time = 0, wall_time = 0, kept = 0;

	for (int i = 0; i < threads; i++) {
		pairs += workers[i].pairs;
		cpu_time += workers[i].cpu_time;
		wall_time += workers[i].wall_time;
		kept += workers[i].kept;
	}
	printf("%ld %ld %ld %ld %d\n", pairs, cpu_time, wall_time, kept, shape->stacks);
}

static long drop(void)
{
	long freed = 0;

	for (int i = 0; i < MAX_THREADS; i++) {
		for (int n = 0; n < workers[i].kept; n++, freed++)
			free(workers[i].block[n]);
		workers[i].kept = 0;
	}
	return freed;
}

int main(void)
{
	static char in[BUFSIZ], out[BUFSIZ], line[256];
	char name[32];

	setvbuf(stdin, in, _IOLBF, sizeof(in));
	setvbuf(stdout, out, _IOLBF, sizeof(out));
	pthread_barrier_init(&gate, NULL, MAX_THREADS + 1);
	for (int i = 0; i < MAX_THREADS; i++) {
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i])) {
			perror("loop: pthread_create");
			return 1;
		}
	}
	printf("%d\n", getpid());
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "run %31s %d %ld", name, &threads, &milliseconds) == 3 && threads <= MAX_THREADS &&
		    start(name))
			report();
		else if (strcmp(line, "drop\n") == 0)
			printf("%ld\n", drop());
		else
			printf("what?\n");
	}
	return 0;
}
