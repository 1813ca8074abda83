/* A program that does nothing at all in its window: the empty truth. */
#include "protocol.h"

int main(void)
{
	protocol_announce();
	protocol_await();
	protocol_truth_begin();
	protocol_truth_end();
	protocol_await();
	return 0;
}
