/*
 * A program that begins at once, for traces from the first instruction: its constructor keeps 1000 blocks of 100 bytes,
 * main 2000 of 10, and frees 500 of 7. Then it shows its arguments, what it is given on stdin, and exits with their
 * number; with "stay" as the first one it does not end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OWN_FRAME __attribute__((noinline))

static void *volatile sink;

OWN_FRAME void starter_early(void)
{
	for (int i = 0; i < 1000; i++)
		sink = malloc(100);
}

OWN_FRAME void starter_main(void)
{
	for (int i = 0; i < 2000; i++)
		sink = malloc(10);
}

OWN_FRAME void starter_frees(void)
{
	for (int i = 0; i < 500; i++) {
		sink = malloc(7);
		free(sink);
	}
}

__attribute__((constructor)) static void early(void)
{
	starter_early();
}

int main(int argc, char **argv)
{
	int c;

	starter_main();
	starter_frees();
	for (int i = 1; i < argc; i++) {
		printf("argument ");
		for (const char *at = argv[i]; *at; at++)
			printf(*at >= ' ' && *at <= '~' ? "%c" : "<%02x>", *at & 0xff);
		printf("\n");
	}
	fflush(stdout);
	if (argc > 1 && !strcmp(argv[1], "stay"))
		pause();
	while ((c = getchar()) != EOF)
		putchar(c);
	return argc - 1;
}
