/*
 * log-reader [LOAD]: answers LOAD queries a second (default 200), each from a segment of a log that is unpacked into a
 * mapping of its own. What it allocates with malloc it frees: it holds the last 10,000 answers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "segment.h"

#define ANSWERS      10000
#define ANSWERS_EACH 50

static char *answers[ANSWERS];

static void keep_answer(unsigned number, unsigned found)
{
	char *answer = malloc(64);

	if (!answer)
		abort();
	snprintf(answer, 64, "query %u: %u records", number, found);
	free(answers[number % ANSWERS]);
	answers[number % ANSWERS] = answer;
}

static void answer_query(unsigned number)
{
	struct segment segment = open_segment(number);

	for (unsigned i = 0; i < ANSWERS_EACH; i++)
		keep_answer(number * ANSWERS_EACH + i, search_segment(&segment, (unsigned char)i));
	close_segment(&segment);
}

int main(int argc, char **argv)
{
	long load = argc > 1 ? atol(argv[1]) : 200;
	struct timespec pause;

	if (load <= 0) {
		fprintf(stderr, "usage: log-reader [QUERIES-PER-SECOND]\n");
		return 2;
	}
	pause.tv_sec = 1 / load;
	pause.tv_nsec = 1000000000L / load % 1000000000L;
	printf("log-reader: pid %d\n", (int)getpid());
	fflush(stdout);
	for (unsigned number = 0;; number++) {
		answer_query(number);
		nanosleep(&pause, NULL);
	}
}
