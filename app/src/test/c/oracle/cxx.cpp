// C++: virtual calls, closures, the standard library calling back, exceptions, threads.
#include <algorithm>
#include <coroutine>
#include <exception>
#include <functional>
#include <future>
#include <iostream>
#include <list>
#include <locale>
#include <memory>
#include <mutex>
#include <new>
#include <sstream>
#include <thread>
#include <variant>
#include <vector>

#include "oracle.h"

namespace
{

struct Base {
	virtual ~Base() = default;
	virtual void work(std::size_t size) = 0;
};

template <int Number> struct Derived : Base {
	OWN void work(std::size_t size) override
	{
		oracle_sink = take(size + Number);
	}
};

OWN void virtual_calls()
{
	std::vector<std::unique_ptr<Base>> all;

	all.push_back(std::make_unique<Derived<1>>());
	all.push_back(std::make_unique<Derived<2>>());
	for (auto &one : all)
		one->work(4000);
}

OWN void closures()
{
	std::size_t size = 4100;
	std::function<void(int)> inner = [&size](int n) { oracle_sink = take(size + static_cast<std::size_t>(n)); };
	std::function<void(int)> outer = [inner](int n) {
		inner(n + 1);
		oracle_sink = nullptr;
	};
	std::function<void()> bound = std::bind(outer, 5);

	inner(1);
	outer(2);
	bound();
	oracle_sink = nullptr;
}

OWN bool less(int a, int b, std::size_t size)
{
	oracle_sink = take(size);
	return a < b;
}

OWN void sorting()
{
	std::vector<int> numbers;
	std::list<int> list;

	for (int i = 0; i < 40; i++) {
		numbers.push_back(i * 17 % 40);
		list.push_back(i * 23 % 40);
	}
	std::sort(numbers.begin(), numbers.end(), [](int a, int b) { return less(a, b, 4200); });
	std::partial_sort(numbers.begin(), numbers.begin() + 9, numbers.end(),
			  [](int a, int b) { return less(b, a, 4201); });
	list.sort([](int a, int b) { return less(a, b, 4202); });
}

// Called by the compiled code of libstdc++.
class Buffer : public std::streambuf
{
	OWN int overflow(int c) override
	{
		oracle_sink = take(4300);
		return c;
	}
};

class Number : public std::num_put<char>
{
	OWN iter_type do_put(iter_type to, std::ios_base &, char, long value) const override
	{
		oracle_sink = take(4310 + static_cast<std::size_t>(value));
		return to;
	}
};

OWN void streams()
{
	Buffer buffer;
	std::ostream stream(&buffer);
	std::ostringstream text;

	stream << "ab" << 1.5 << std::endl;
	text.imbue(std::locale(text.getloc(), new Number));
	text << 7L;
}

struct Witness {
	std::size_t size;
	OWN ~Witness()
	{
		oracle_sink = take(size);
	}
};

struct Thrown {
	Thrown() = default;
	OWN Thrown(const Thrown &)
	{
		oracle_sink = take(4400);
	}
};

OWN void throws(int depth)
{
	Witness witness{ 4410 + static_cast<std::size_t>(depth) };

	if (depth == 0) {
		Thrown thrown;

		throw thrown;
	}
	throws(depth - 1);
	oracle_sink = nullptr;
}

OWN void rethrows()
{
	try {
		throws(3);
	} catch (const Thrown &) {
		oracle_sink = take(4420);
		throw;
	}
}

OWN void exceptions()
{
	try {
		rethrows();
	} catch (...) {
		oracle_sink = take(4430);
	}
}

OWN void out_of_memory()
{
	oracle_sink = take(4440);
	std::set_new_handler(nullptr);
}

OWN void new_handler()
{
	volatile std::size_t impossible = ~std::size_t{ 0 } / 4;

	std::set_new_handler(out_of_memory);
	try {
		oracle_sink = ::operator new(impossible);
	} catch (const std::bad_alloc &) {
		oracle_sink = take(4450);
	}
}

struct OfThread {
	int touched = 0;
	OWN ~OfThread()
	{
		oracle_sink = take(4500);
	}
};

thread_local OfThread of_thread;

OWN void in_thread(std::size_t size)
{
	of_thread.touched++;
	oracle_sink = take(size);
}

OWN void threads()
{
	std::once_flag once;

	std::thread(in_thread, 4510).join();
	std::thread([] { in_thread(4511); }).join();
	std::async(std::launch::async, [] { in_thread(4512); }).get();
	std::async(std::launch::deferred, [] { oracle_sink = take(4513); }).get();
	std::call_once(once, [] { oracle_sink = take(4514); });
}

struct Generator {
	struct promise_type {
		Generator get_return_object()
		{
			return { std::coroutine_handle<promise_type>::from_promise(*this) };
		}
		std::suspend_always initial_suspend() noexcept
		{
			return {};
		}
		std::suspend_always final_suspend() noexcept
		{
			return {};
		}
		void return_void()
		{
		}
		void unhandled_exception()
		{
			std::terminate();
		}
	};
	std::coroutine_handle<promise_type> handle;
};

Generator steps()
{
	oracle_sink = take(4600);
	co_await std::suspend_always{};
	oracle_sink = take(4601);
}

OWN void coroutines()
{
	Generator generator = steps();

	while (!generator.handle.done())
		generator.handle.resume();
	generator.handle.destroy();
}

OWN void variants()
{
	std::variant<int, double> value = 1.5;

	std::visit([](auto held) { oracle_sink = take(4700 + static_cast<std::size_t>(held)); }, value);
	oracle_sink = nullptr;
}

} // namespace

extern "C" void cxx_scenarios(void)
{
	virtual_calls();
	closures();
	sorting();
	streams();
	exceptions();
	new_handler();
	threads();
	coroutines();
	variants();
	oracle_sink = take(4999);
}
