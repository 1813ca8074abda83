/* Loaded while the program is traced. */
#include "oracle.h"

static void *volatile plugin_sink;

OWN static void in_plugin(taker take, size_t size, int depth)
{
	volatile char some[100];

	some[0] = (char)depth;
	if (depth)
		in_plugin(take, size, depth - 1);
	else
		plugin_sink = take(size);
	plugin_sink = (void *)(size_t)some[0];
}

void plugin_work(taker take, size_t size)
{
	in_plugin(take, size, 0);
	in_plugin(take, size + 1, 5);
	plugin_sink = NULL;
}
