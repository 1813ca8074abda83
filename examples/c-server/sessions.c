#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

#define BUCKETS 256

struct session {
	struct session *next;
	char *user;
	unsigned long token;
	char preferences[400];
};

static struct session *sessions[BUCKETS];
static unsigned long last_token;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct session *new_session(const char *user)
{
	struct session *s = malloc(sizeof(*s));
	size_t size = strlen(user) + 1;

	if (!s || !(s->user = malloc(size)))
		abort();
	memcpy(s->user, user, size);
	return s;
}

static void delete_session(struct session *s)
{
	free(s->user);
	free(s);
}

/* LOGIN user password (the password is the user's name again; this is an example) */
void handle_login(const char *arguments, FILE *answer)
{
	char user[64] = "", password[64] = "";
	struct session *s;

	sscanf(arguments, "%63s %63s", user, password);
	s = new_session(user);
	if (strcmp(user, password) != 0) {
		fprintf(answer, "DENIED\n");
		return; /* the bug: nobody deletes the session of a login that failed */
	}
	pthread_mutex_lock(&lock);
	s->token = ++last_token;
	s->next = sessions[s->token % BUCKETS];
	sessions[s->token % BUCKETS] = s;
	pthread_mutex_unlock(&lock);
	fprintf(answer, "TOKEN %lu\n", s->token);
}

/* LOGOUT token */
void handle_logout(const char *arguments, FILE *answer)
{
	unsigned long token = strtoul(arguments, NULL, 10);
	struct session **link = &sessions[token % BUCKETS], *found;

	pthread_mutex_lock(&lock);
	while (*link && (*link)->token != token)
		link = &(*link)->next;
	found = *link;
	if (found)
		*link = found->next;
	pthread_mutex_unlock(&lock);
	if (found)
		delete_session(found);
	fprintf(answer, found ? "BYE\n" : "ERROR no such session\n");
}
