/*
 * Allocates in functions of its own and through the C library's, from main itself and from a thread's first function:
 * as near to the begin of the stack as a program can.
 */
#include <pthread.h>

#include "protocol.h"

#define KEPT    100
#define BYTES   64
#define TEXT    "thirty-one characters, and a NUL"
#define NUMBERS 16

#define OWN_FRAME __attribute__((noinline))

static void *volatile sink;
static struct truth direct, copied, compared;

OWN_FRAME static void keep_own(void)
{
	sink = malloc(BYTES);
	protocol_count(&direct, BYTES, 1);
}

OWN_FRAME static void keep_copy(void)
{
	sink = strdup(TEXT);
	protocol_count(&copied, sizeof(TEXT), 1);
}

OWN_FRAME static int keep_compared(const void *a, const void *b)
{
	sink = malloc(BYTES);
	protocol_count(&compared, BYTES, 1);
	return *(const int *)a - *(const int *)b;
}

static void *thread_main(void *unused)
{
	for (int i = 0; i < KEPT; i++) {
		keep_own();
		keep_copy();
	}
	return unused;
}

int main(void)
{
	int numbers[NUMBERS];
	pthread_t id;

	protocol_announce();
	protocol_await();
	for (int i = 0; i < KEPT; i++) {
		keep_own();
		keep_copy();
	}
	for (int i = 0; i < NUMBERS; i++)
		numbers[i] = i * 7 % NUMBERS;
	qsort(numbers, NUMBERS, sizeof(*numbers), keep_compared);
	if (pthread_create(&id, NULL, thread_main, NULL) != 0)
		return 1;
	pthread_join(id, NULL);
	protocol_truth_begin();
	protocol_truth("keep_own", &direct);
	protocol_truth("keep_copy", &copied);
	protocol_truth("keep_compared", &compared);
	protocol_truth_end();
	protocol_await();
	return 0;
}
