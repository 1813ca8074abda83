// cpp-server [LOAD]: a message broker and the workers that keep it busy, with LOAD requests a second in all
// (default 1000). One kind of request leaks.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "broker.h"

namespace
{

constexpr int workers = 4;

void handle_request(broker::Broker &broker, unsigned number)
{
	std::string channel = "channel number " + std::to_string(number % 16);

	if (number % 10 < 7)
		broker.publish(channel, "message number " + std::to_string(number) + " for everybody on " + channel);
	else if (number % 10 < 9)
		broker.listen_once(channel);
	else
		broker.watch_once(channel);
}

void run_worker(broker::Broker &broker, unsigned first, std::chrono::nanoseconds pause)
{
	for (unsigned number = first;; number++) {
		handle_request(broker, number);
		std::this_thread::sleep_for(pause);
	}
}

} // namespace

int main(int argc, char **argv)
{
	int load = argc > 1 ? std::atoi(argv[1]) : 1000;
	broker::Broker broker;
	std::vector<std::thread> threads;

	if (load <= 0) {
		std::fprintf(stderr, "usage: cpp-server [REQUESTS-PER-SECOND]\n");
		return 2;
	}
	std::printf("cpp-server: pid %d\n", static_cast<int>(getpid()));
	std::fflush(stdout);
	for (unsigned i = 0; i < workers; i++)
		threads.emplace_back(run_worker, std::ref(broker), i * 1000,
				     std::chrono::nanoseconds(std::chrono::seconds(workers)) / load);
	for (auto &thread : threads)
		thread.join();
}
