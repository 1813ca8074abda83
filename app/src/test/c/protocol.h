/*
 * How a traced test program and its test speak to each other:
 *
 *   program: "pid N"                              attach to me now
 *   test:    a byte on stdin, or SIGUSR1          the window begins: do the work
 *   program: "function<TAB>unfreed_bytes<TAB>..." the truth: a header, one line a function,
 *            "end"                                and this; everything is still live
 *   test:    a byte on stdin, or SIGUSR1          exit
 *
 * A test that dies closes our stdin, which ends us too. Nothing here allocates.
 */
#ifndef MEMSTACKS_TEST_PROTOCOL_H
#define MEMSTACKS_TEST_PROTOCOL_H

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

/* What one function did between begin and end. Bytes are bytes requested. */
struct truth {
	long long unfreed_bytes;
	long long unfreed_blocks;
	long long all_bytes;  /* of successful allocations */
	long long all_events; /* successful allocations */
	long long failed_events;
};

/* A block that was handed out, and stays if kept is 1. */
static inline void protocol_count(struct truth *t, long long size, int kept)
{
	t->all_bytes += size;
	t->all_events++;
	t->unfreed_bytes += kept ? size : 0;
	t->unfreed_blocks += kept;
}

static int protocol_signals = -1;

static inline void protocol_write(const char *text, size_t length)
{
	while (length > 0) {
		ssize_t n = write(STDOUT_FILENO, text, length);

		if (n < 0)
			_exit(1);
		text += n;
		length -= (size_t)n;
	}
}

/* Call first, before any thread exists: SIGUSR1 stays blocked in all of them. */
static inline void protocol_announce(void)
{
	char line[32];
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	protocol_signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (protocol_signals < 0)
		_exit(1);
	protocol_write(line, (size_t)snprintf(line, sizeof(line), "pid %d\n", (int)getpid()));
}

static inline void protocol_await(void)
{
	struct stat input;
	struct pollfd wait[2] = {
		{ .fd = protocol_signals, .events = POLLIN, .revents = 0 },
		{ .fd = STDIN_FILENO, .events = POLLIN, .revents = 0 },
	};

	for (;;) {
		struct signalfd_siginfo info;
		char byte;

		if (poll(wait, 2, -1) < 0)
			continue;
		if (wait[0].revents & POLLIN) {
			if (read(protocol_signals, &info, sizeof(info)) != sizeof(info))
				_exit(1);
			return;
		}
		if (wait[1].revents) {
			if (read(STDIN_FILENO, &byte, 1) == 1)
				return;
			if (fstat(STDIN_FILENO, &input) == 0 && (S_ISFIFO(input.st_mode) || S_ISSOCK(input.st_mode)))
				_exit(1);
			wait[1].fd = -1; /* /dev/null and the like: only the signal counts */
		}
	}
}

static inline void protocol_truth_begin(void)
{
	static const char header[] = "function\tunfreed_bytes\tunfreed_blocks\tall_bytes\tall_events\tfailed_events\n";

	protocol_write(header, sizeof(header) - 1);
}

static inline void protocol_truth(const char *function, const struct truth *t)
{
	char line[512];

	protocol_write(line, (size_t)snprintf(line, sizeof(line), "%s\t%lld\t%lld\t%lld\t%lld\t%lld\n", function,
					      t->unfreed_bytes, t->unfreed_blocks, t->all_bytes, t->all_events,
					      t->failed_events));
}

static inline void protocol_truth_end(void)
{
	protocol_write("end\n", 4);
}

/* All of it at once: of each function from number `first` up to `end`, exclusive. */
static inline void protocol_truths(const char *const *functions, const struct truth *truth, int first, int end)
{
	protocol_truth_begin();
	for (int i = first; i < end; i++)
		protocol_truth(functions[i], &truth[i]);
	protocol_truth_end();
}

#endif
