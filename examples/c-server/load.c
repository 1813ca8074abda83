#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "server.h"

#define CLIENTS 4

static struct sockaddr_in server = { .sin_family = AF_INET };
static struct timespec pause_between;

/* Sends a request and waits for its answer; the number in it, if any. */
static unsigned long ask(FILE *to, FILE *from, const char *verb, unsigned long argument)
{
	char answer[256];
	unsigned long number = 0;

	fprintf(to, verb, argument);
	if (!fgets(answer, sizeof(answer), from))
		exit(1);
	sscanf(answer, "%*s %lu", &number);
	return number;
}

/* Of twenty requests ten read a page, five store one, four log in and out again, one fails to log in. */
static void *run_client(void *unused)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	unsigned random = 1;
	FILE *to, *from;

	(void)unused;
	if (fd < 0 || connect(fd, (struct sockaddr *)&server, sizeof(server)) < 0) {
		perror("c-server: cannot connect to itself");
		exit(1);
	}
	from = open_stream(fd, "r");
	to = open_stream(dup(fd), "w");
	for (unsigned turn = 0;; turn = (turn + 1) % 20) {
		random = random * 1664525 + 1013904223;
		if (turn < 10)
			ask(to, from, "GET %lu\n", random >> 8);
		else if (turn < 15)
			ask(to, from, "PUT %lu\n", random >> 8);
		else if (turn < 19)
			ask(to, from, "LOGOUT %lu\n", ask(to, from, "LOGIN alice alice\n", 0));
		else
			ask(to, from, "LOGIN mallory guess\n", 0);
		nanosleep(&pause_between, NULL);
	}
	return NULL;
}

void start_load(int port, int rate)
{
	long nanoseconds = 1000000000L * CLIENTS / rate;

	server.sin_port = htons((unsigned short)port);
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	pause_between = (struct timespec){ nanoseconds / 1000000000L, nanoseconds % 1000000000L };
	for (int i = 0; i < CLIENTS; i++) {
		pthread_t id;

		if (pthread_create(&id, NULL, run_client, NULL) != 0)
			exit(1);
	}
}
