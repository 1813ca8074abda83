/*
 * image-decoder [LOAD]: decodes LOAD frames a second (default 10000) of a moving picture to thumbnails, and keeps the
 * last 12,000 of these. Of a hundred frames three are keys and two are empty.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "decoder.h"

#define KEPT  12000
#define BURST 50

static struct thumbnail *kept[KEPT];

static struct packet receive(unsigned number)
{
	static unsigned char data[4096];
	unsigned turn = number % 100;
	struct packet packet = { FRAME_DELTA, 200 + number % 7 * 40, data };

	if (turn < 3)
		packet = (struct packet){ FRAME_KEY, sizeof(data), data };
	else if (turn == 50 || turn == 75)
		packet = (struct packet){ FRAME_EMPTY, 512, data };
	data[number % sizeof(data)]++;
	return packet;
}

static void keep(struct thumbnail *thumbnail)
{
	static unsigned next;

	free(kept[next]);
	kept[next] = thumbnail;
	next = (next + 1) % KEPT;
}

int main(int argc, char **argv)
{
	long load = argc > 1 ? atol(argv[1]) : 10000;
	struct timespec pause;

	if (load <= 0) {
		fprintf(stderr, "usage: image-decoder [FRAMES-PER-SECOND]\n");
		return 2;
	}
	pause.tv_sec = BURST / load;
	pause.tv_nsec = 1000000000L * BURST / load % 1000000000L;
	printf("image-decoder: pid %d\n", (int)getpid());
	fflush(stdout);
	for (unsigned number = 1;; number++) {
		struct packet packet = receive(number);
		struct thumbnail *thumbnail = decode_frame(&packet);

		if (thumbnail)
			keep(thumbnail);
		if (number % BURST == 0)
			nanosleep(&pause, NULL);
	}
}
