// A pool in C++ that answers requests which are too large by an exception: half of them. A row is named by the function
// that asked.
#include <cstddef>
#include <stdexcept>

#include "protocol.h"

#define OWN_FRAME __attribute__((noinline))
#define ROUNDS    10000
#define MOST      600

static void *volatile sink;

namespace app
{

class Pool
{
public:
	OWN_FRAME void *get(std::size_t size)
	{
		if (size > MOST)
			throw std::runtime_error("too large");
		void *p = arena + used;

		used += (size + 15) & ~std::size_t{ 15 };
		sink = p;
		return p;
	}

	OWN_FRAME void put(void *p)
	{
		sink = p;
	}

private:
	char arena[ROUNDS * (MOST + 16)];
	std::size_t used = 0;
};

} // namespace app

static app::Pool pool;

OWN_FRAME void *take(std::size_t size)
{
	void *p = pool.get(size);

	sink = p;
	return p;
}

int main()
{
	truth taken{};
	int caught = 0;

	protocol_announce();
	protocol_await();
	for (int i = 0; i < ROUNDS; i++) {
		const long long size = 1 + i % MOST;
		void *p = take(size);

		taken.all_bytes += size;
		taken.all_events++;
		if (i % 4 == 0) {
			taken.unfreed_bytes += size;
			taken.unfreed_blocks++;
		} else {
			pool.put(p);
		}
		try {
			take(MOST + 1);
		} catch (const std::runtime_error &) {
			caught++;
		}
	}
	if (caught != ROUNDS)
		return 1;
	protocol_truth_begin();
	protocol_truth("take(unsigned long)", &taken);
	protocol_truth_end();
	protocol_await();
	return 0;
}
