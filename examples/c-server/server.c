/*
 * c-server [PORT [LOAD]]: answers the requests LOGIN, LOGOUT, GET and PUT, a line each, on 127.0.0.1:PORT
 * (0: any), one thread a connection. With LOAD it is its own client, at that many requests a second.
 * One of its request paths leaks.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server.h"

static const struct {
	const char *verb;
	handler *handle;
} routes[] = {
	{ "LOGIN ", handle_login }, { "LOGOUT ", handle_logout }, { "GET ", handle_get }, { "PUT ", handle_put }
};

FILE *open_stream(int socket, const char *mode)
{
	FILE *stream = fdopen(socket, mode);

	if (!stream)
		abort();
	setvbuf(stream, NULL, _IOLBF, 0);
	return stream;
}

static void dispatch(const char *request, FILE *answer)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		size_t length = strlen(routes[i].verb);

		if (strncmp(request, routes[i].verb, length) == 0) {
			routes[i].handle(request + length, answer);
			return;
		}
	}
	fprintf(answer, "ERROR unknown request\n");
}

static void *serve_connection(void *input)
{
	FILE *output = open_stream(dup(fileno(input)), "w");
	char request[256];

	while (fgets(request, sizeof(request), input))
		dispatch(request, output);
	fclose(output);
	fclose(input);
	return NULL;
}

int main(int argc, char **argv)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int client;

	address.sin_port = htons((unsigned short)(argc > 1 ? atoi(argv[1]) : 0));
	if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 64) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &size) < 0) {
		perror("c-server: cannot listen");
		return 1;
	}
	printf("c-server: pid %d answers on 127.0.0.1:%d\n", (int)getpid(), ntohs(address.sin_port));
	fflush(stdout);
	if (argc > 2 && atoi(argv[2]) > 0)
		start_load(ntohs(address.sin_port), atoi(argv[2]));
	while ((client = accept(listener, NULL, NULL)) >= 0) {
		pthread_t id;

		if (pthread_create(&id, NULL, serve_connection, open_stream(client, "r")) != 0)
			return 1;
		pthread_detach(id);
	}
	perror("c-server: accept");
	return 1;
}
