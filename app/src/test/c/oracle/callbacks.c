/* Callbacks through the C library, threads, and a plugin. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <ftw.h>
#include <link.h>
#include <pthread.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "oracle.h"

#define NUMBERS 40

static int compared;

OWN static int compare(const void *a, const void *b)
{
	if (compared++ % 20 == 0)
		oracle_sink = take((size_t)(2000 + compared));
	return *(const int *)a - *(const int *)b;
}

OWN static int compare_with(const void *a, const void *b, void *context)
{
	oracle_sink = context;
	return compare(a, b) + (oracle_sink == NULL);
}

OWN static void sorting(void)
{
	int numbers[NUMBERS], key = 7;

	compared = 0;
	for (int i = 0; i < NUMBERS; i++)
		numbers[i] = i * 17 % NUMBERS;
	qsort(numbers, NUMBERS, sizeof(*numbers), compare);
	qsort_r(numbers, NUMBERS, sizeof(*numbers), compare_with, numbers);
	compared = 0;
	oracle_sink = bsearch(&key, numbers, NUMBERS, sizeof(*numbers), compare);
}

OWN static int count_up(const void *a, const void *b)
{
	return (int)((const char *)a - (const char *)b);
}

OWN static void visit(const void *node, VISIT order, int depth)
{
	if (order == leaf)
		oracle_sink = take((size_t)(2200 + depth));
	oracle_sink = (void *)node;
}

OWN static void tree(void)
{
	static const char keys[7];
	void *root = NULL;

	for (int i = 0; i < 7; i++)
		tsearch(&keys[(i * 3) % 7], &root, count_up);
	twalk(root, visit);
	for (int i = 0; i < 7; i++)
		tdelete(&keys[i], &root, count_up);
}

OWN static int file(const char *path, const struct stat *status, int type, struct FTW *at)
{
	oracle_sink = take((size_t)(2300 + type + at->level));
	return status == NULL || path == NULL;
}

OWN static ssize_t write_cookie(void *cookie, const char *text, size_t length)
{
	oracle_sink = take(2400 + length);
	oracle_sink = cookie;
	return (ssize_t)length + (text == NULL);
}

OWN static void streams(void)
{
	cookie_io_functions_t functions = { .write = write_cookie };
	FILE *stream = fopencookie(NULL, "w", functions);

	fprintf(stream, "%d of %s\n", 3, "many");
	fclose(stream);
}

OWN static int object(struct dl_phdr_info *info, size_t size, void *data)
{
	oracle_sink = info;
	oracle_sink = take(2500);
	return size > 0 && data == NULL;
}

OWN static void once(void)
{
	oracle_sink = take(2600);
}

static void *volatile specific;

OWN static void destroy(void *value)
{
	specific = value;
	oracle_sink = take(2700);
}

OWN static void clean_up(void *value)
{
	specific = value;
	oracle_sink = take(2710);
}

static pthread_key_t key;

OWN static void deep_in_thread(int depth)
{
	if (depth)
		deep_in_thread(depth - 1);
	else
		oracle_sink = take(2720);
	oracle_sink = NULL;
}

static void *thread(void *argument)
{
	pthread_setspecific(key, argument);
	deep_in_thread(20);
	oracle_sink = take(2730);
	pthread_cleanup_push(clean_up, argument);
	if (argument == &key)
		pthread_exit(argument); /* unwinds the stack, and cleans up on the way */
	pthread_cleanup_pop(1);
	return argument;
}

OWN static void threads(void)
{
	static const pthread_once_t fresh = PTHREAD_ONCE_INIT;
	static pthread_once_t control;
	static int other;
	pthread_t id;

	control = fresh;
	pthread_once(&control, once);
	pthread_key_create(&key, destroy);
	for (int i = 0; i < 2; i++) {
		pthread_create(&id, NULL, thread, i ? (void *)&other : (void *)&key);
		pthread_join(id, NULL);
	}
	pthread_key_delete(key);
}

/* New code is to be known within a second. */
#define MICROSECONDS_TO_KNOW 1200000

OWN static void plugin(void)
{
	static void *handle;
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 32);
	void (*work)(taker, size_t);

	if (length < 0)
		_exit(1);
	path[length] = '\0';
	strcpy(strrchr(path, '/') + 1, "oracle-plugin.so");
	if (!handle) {
		handle = dlopen(path, RTLD_NOW);
		usleep(MICROSECONDS_TO_KNOW);
	}
	work = handle ? (void (*)(taker, size_t))dlsym(handle, "plugin_work") : NULL;
	if (!work) {
		fprintf(stderr, "%s\n", dlerror());
		_exit(1);
	}
	work(take, 2800);
	oracle_sink = handle;
}

void callback_scenarios(void)
{
	sorting();
	tree();
	nftw("/dev/null", file, 4, FTW_PHYS);
	streams();
	dl_iterate_phdr(object, NULL);
	threads();
	plugin();
	oracle_sink = take(2999);
}
