/*
 * A program that unloads a plugin and loads another one, which comes to lie at the same addresses: what was
 * allocated in the first must not be taken for the second's. Their functions are named by the plugins' Makefile rule.
 * With the argument "hurried" the second one is called at once, before a tracer can know of it; with "overwriting" its
 * file is written over the first one's, and loaded by that name.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>

#include "protocol.h"

/* Code that was loaded is to be known within a second, when the machine is idle. */
#define MICROSECONDS_TO_KNOW 3000000

/* A file beside the program. */
static void beside(char *path, size_t size, const char *name)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 64);

	if (length < 0)
		_exit(1);
	path[length] = '\0';
	strcpy(strrchr(path, '/') + 1, name);
}

/* Writes one file's bytes into another one, which stays the same inode. */
static void overwrite(const char *by, const char *what)
{
	static char bytes[1 << 20];
	char path[4096];
	ssize_t length;
	int from, to;

	beside(path, sizeof(path), by);
	from = open(path, O_RDONLY | O_CLOEXEC);
	length = read(from, bytes, sizeof(bytes));
	beside(path, sizeof(path), what);
	to = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (length <= 0 || write(to, bytes, (size_t)length) != length)
		_exit(1);
	close(from);
	close(to);
}

static void *load(const char *name, void **handle, int microseconds)
{
	char path[4096];
	void *work;

	beside(path, sizeof(path), name);
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
	int hurried = argc > 1 && !strcmp(argv[1], "hurried");
	int overwriting = argc > 1 && !strcmp(argv[1], "overwriting");

	protocol_announce();
	protocol_await();
	old = load("first-plugin.so", &handle, MICROSECONDS_TO_KNOW);
	*(void **)&work = old;
	work(10, 100);
	dlclose(handle);
	if (overwriting)
		overwrite("second-plugin.so", "first-plugin.so");
	*(void **)&work =
		load(overwriting ? "first-plugin.so" : "second-plugin.so", &handle, hurried ? 0 : MICROSECONDS_TO_KNOW);
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
