/*
 * A program that unloads a plugin and loads another one, which comes to lie at the same addresses: what was
 * allocated in the first must not be taken for the second's. Their functions are named by the plugins' Makefile rule.
 * With an argument the second one is called at once, before a tracer can know of it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>

#include "protocol.h"

/* Code that was loaded is to be known within a second. */
#define MICROSECONDS_TO_KNOW 1200000

static void *load(const char *name, void **handle, int microseconds)
{
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 64);
	void *work;

	if (length < 0)
		_exit(1);
	path[length] = '\0';
	strcpy(strrchr(path, '/') + 1, name);
	*handle = dlopen(path, RTLD_NOW);
	work = *handle ? dlsym(*handle, "plugin_work") : NULL;
	if (!work)
		_exit(1);
	usleep(microseconds);
	return work;
}

int main(int argc, char **argv)
{
	const struct truth first = { 1000, 10, 1000, 10, 0 }, second = { 4000, 20, 4000, 20, 0 };
	void *handle, *old;
	void (*work)(int, size_t);

	(void)argv;
	protocol_announce();
	protocol_await();
	old = load("first-plugin.so", &handle, MICROSECONDS_TO_KNOW);
	*(void **)&work = old;
	work(10, 100);
	dlclose(handle);
	*(void **)&work = load("second-plugin.so", &handle, argc > 1 ? 0 : MICROSECONDS_TO_KNOW);
	if ((void *)work != old)
		_exit(1); /* else nothing is tested */
	work(20, 200);
	protocol_truth_begin();
	protocol_truth("work_of_first", &first);
	protocol_truth("work_of_second", &second);
	protocol_truth_end();
	protocol_await();
	return 0;
}
