// sql-proxy [LOAD]: passes statements on to a database that answers late, LOAD statements a second in all (default
// 20000). Each waits its turn among some 10,000; one in fifty is sent again, with its parameters bound anew.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "statement.h"

namespace
{

constexpr unsigned workers = 2;
constexpr std::size_t waiting_each = 5000;
constexpr unsigned burst = 50;

using Waiting = std::deque<std::unique_ptr<sql::Statement>>;

void bind_all(sql::Statement &statement, unsigned number)
{
	statement.bind(0, "customer " + std::to_string(number) + " of the branch office in the old town");
	statement.bind(1, "order " + std::to_string(number * 7));
}

void accept_statement(Waiting &waiting, unsigned number)
{
	auto statement = std::make_unique<sql::Statement>("INSERT INTO orders (customer, title) VALUES (?, ?)", 2);

	bind_all(*statement, number);
	waiting.push_back(std::move(statement));
}

// The server was busy: the same statement once more.
void retry_statement(Waiting &waiting, unsigned number)
{
	bind_all(*waiting.front(), number);
}

void answer_oldest(Waiting &waiting)
{
	waiting.pop_front();
}

void run_worker(std::chrono::nanoseconds pause)
{
	Waiting waiting;

	for (unsigned number = 0;; number++) {
		accept_statement(waiting, number);
		if (number % 50 == 0)
			retry_statement(waiting, number);
		if (waiting.size() > waiting_each)
			answer_oldest(waiting);
		if (number % burst == 0)
			std::this_thread::sleep_for(pause * burst);
	}
}

} // namespace

int main(int argc, char **argv)
{
	int load = argc > 1 ? std::atoi(argv[1]) : 20000;
	std::vector<std::thread> threads;

	if (load <= 0) {
		std::fprintf(stderr, "usage: sql-proxy [STATEMENTS-PER-SECOND]\n");
		return 2;
	}
	std::printf("sql-proxy: pid %d\n", static_cast<int>(getpid()));
	std::fflush(stdout);
	for (unsigned i = 0; i < workers; i++)
		threads.emplace_back(run_worker, std::chrono::nanoseconds(std::chrono::seconds(workers)) / load);
	for (auto &thread : threads)
		thread.join();
}
