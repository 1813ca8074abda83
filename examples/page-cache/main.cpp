// page-cache [LOAD]: answers LOAD requests a second (default 10000) for one of 200,000 pages, from a cache that holds
// 15,000 of them. It grows until the cache is full. Nothing leaks.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>
#include <unistd.h>

#include "cache.h"

namespace
{

constexpr unsigned burst = 50;

std::size_t answer_request(cache::PageCache &cache, unsigned number)
{
	return cache.page(number).size();
}

} // namespace

int main(int argc, char **argv)
{
	int load = argc > 1 ? std::atoi(argv[1]) : 10000;

	if (load <= 0) {
		std::fprintf(stderr, "usage: page-cache [REQUESTS-PER-SECOND]\n");
		return 2;
	}
	std::printf("page-cache: pid %d\n", static_cast<int>(getpid()));
	std::fflush(stdout);

	const auto pause = std::chrono::nanoseconds(std::chrono::seconds(burst)) / load;
	std::minstd_rand random(1);
	cache::PageCache cache(15000);

	for (unsigned request = 1;; request++) {
		answer_request(cache, static_cast<unsigned>(random()) % 200000);
		if (request % burst == 0)
			std::this_thread::sleep_for(pause);
	}
}
