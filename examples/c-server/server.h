/* A small session and document server: what its files share. */
#ifndef SERVER_H
#define SERVER_H

#include <stdio.h>

/* A request's handler gets what follows the verb and writes one line. */
typedef void handler(const char *arguments, FILE *answer);

handler handle_login, handle_logout; /* sessions.c: who is logged in */
handler handle_get, handle_put;      /* documents.c: rendered pages and a bounded cache of them */

/* load.c: clients that keep the server busy with `rate` requests a second in all */
void start_load(int port, int rate);

/* server.c: a line-buffered stream over a socket */
FILE *open_stream(int socket, const char *mode);

#endif
