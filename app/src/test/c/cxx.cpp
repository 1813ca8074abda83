// A C++ program whose leaks lie in namespaces, templates and containers. Nobody calls malloc: operator new does,
// below some frames of the standard library. A row of the truth is named by the function of ours that caused the
// allocations, demangled, from namespace to parameters; it is at least two calls away from operator new.
#include <map>
#include <string>
#include <vector>

#include "protocol.h"

#define OWN_FRAME __attribute__((noinline))

static void *volatile sink;

namespace net
{

struct Session {
	char buffer[200];
};

// Called by open_sessions, so that the row's function is not the one that calls operator new.
OWN_FRAME Session *accept(int number)
{
	Session *session = new Session;

	session->buffer[0] = static_cast<char>(number);
	sink = session;
	return session;
}

OWN_FRAME void open_sessions(int count)
{
	for (int i = 0; i < count; i++)
		accept(i);
}

} // namespace net

namespace store
{

template <typename Value> class Cache
{
public:
	OWN_FRAME void grow(int count)
	{
		for (int i = 0; i < count; i++) {
			values.emplace_back();
			values.back().reserve(50);
			sink = &values.back();
		}
	}

private:
	std::vector<Value> values;
};

} // namespace store

namespace
{

OWN_FRAME std::string *make_names(int count)
{
	std::string *names = nullptr;

	for (int i = 0; i < count; i++) {
		delete[] names;
		names = new std::string[4]; // an array with its count in front
		names[0].assign(300, 'n');  // 301 bytes with the final zero
		sink = names;
	}
	return names;
}

} // namespace

// What libstdc++ asks malloc for, from its documented growth: push_back doubles the capacity.
static truth cache_truth(int count, long element, long reserved)
{
	truth t{};
	long capacity = 0;

	for (int i = 0; i < count; i++) {
		if (i == capacity) {
			capacity = capacity ? 2 * capacity : 1;
			t.all_bytes += capacity * element;
			t.all_events++;
		}
		t.all_bytes += reserved;
		t.all_events++;
	}
	t.unfreed_bytes = capacity * element + count * reserved;
	t.unfreed_blocks = 1 + count;
	return t;
}

int main()
{
	const truth sessions{ 500 * 200, 500, 500 * 200, 500, 0 };
	const truth strings = cache_truth(1000, sizeof(std::string), 51);
	const truth vectors = cache_truth(700, sizeof(std::vector<int>), 50 * sizeof(int));
	const long array = 4 * sizeof(std::string) + sizeof(std::size_t);
	const truth names{ array + 301, 2, 100 * (array + 301), 200, 0 };

	protocol_announce();
	protocol_await();
	auto *texts = new store::Cache<std::string>; // in main, outside the rows
	auto *numbers = new store::Cache<std::vector<int>>;
	net::open_sessions(500);
	texts->grow(1000);
	numbers->grow(700);
	sink = make_names(100);

	protocol_truth_begin();
	protocol_truth("net::open_sessions(int)", &sessions);
	protocol_truth(
		"store::Cache<std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> > >::grow(int)",
		&strings);
	protocol_truth("store::Cache<std::vector<int, std::allocator<int> > >::grow(int)", &vectors);
	protocol_truth("(anonymous namespace)::make_names(int)", &names);
	protocol_truth_end();
	protocol_await();
	return 0;
}
