/* Takes memory of mimalloc by a function whose argument is no size. */
#include "protocol.h"

char *mi_strdup(const char *text);

int main(void)
{
	struct truth truth = { 0 };

	protocol_announce();
	protocol_await();
	if (!mi_strdup("text"))
		return 2;
	protocol_truth_begin();
	protocol_truth("main", &truth);
	protocol_truth_end();
	protocol_await();
	return 0;
}
