// Every way of operator new and operator delete, and requests that operator new answers by an exception. A row of the
// truth is named by the function that called the operator; its bytes are those it asked for.
//
//   operators [-T]     -T: no exceptions (mimalloc's C build ends the process instead)
#include <new>

#include "protocol.h"

#define OWN_FRAME __attribute__((noinline))
#define ROUNDS    20000

static void *volatile sink;

namespace
{

constexpr auto line = std::align_val_t{ 64 };

OWN_FRAME void *plain(std::size_t size)
{
	void *p = ::operator new(size);

	sink = p;
	return p;
}

OWN_FRAME void *array(std::size_t size)
{
	void *p = ::operator new[](size);

	sink = p;
	return p;
}

OWN_FRAME void *nothrow(std::size_t size)
{
	void *p = ::operator new(size, std::nothrow);

	sink = p;
	return p;
}

OWN_FRAME void *array_nothrow(std::size_t size)
{
	void *p = ::operator new[](size, std::nothrow);

	sink = p;
	return p;
}

OWN_FRAME void *aligned(std::size_t size)
{
	void *p = ::operator new(size, line);

	sink = p;
	return p;
}

OWN_FRAME void *array_aligned(std::size_t size)
{
	void *p = ::operator new[](size, line);

	sink = p;
	return p;
}

OWN_FRAME void *aligned_nothrow(std::size_t size)
{
	void *p = ::operator new(size, line, std::nothrow);

	sink = p;
	return p;
}

OWN_FRAME void *array_aligned_nothrow(std::size_t size)
{
	void *p = ::operator new[](size, line, std::nothrow);

	sink = p;
	return p;
}

OWN_FRAME bool throws(std::size_t size)
{
	try {
		sink = ::operator new(size);
	} catch (const std::bad_alloc &) {
		return true;
	}
	return false;
}

OWN_FRAME bool array_throws(std::size_t size)
{
	try {
		sink = ::operator new[](size);
	} catch (const std::bad_alloc &) {
		return true;
	}
	return false;
}

struct way {
	void *(*allocate)(std::size_t size);
	const char *name;
	bool is_array, is_aligned;
};

const way ways[] = {
	{ plain, "(anonymous namespace)::plain(unsigned long)", false, false },
	{ array, "(anonymous namespace)::array(unsigned long)", true, false },
	{ nothrow, "(anonymous namespace)::nothrow(unsigned long)", false, false },
	{ array_nothrow, "(anonymous namespace)::array_nothrow(unsigned long)", true, false },
	{ aligned, "(anonymous namespace)::aligned(unsigned long)", false, true },
	{ array_aligned, "(anonymous namespace)::array_aligned(unsigned long)", true, true },
	{ aligned_nothrow, "(anonymous namespace)::aligned_nothrow(unsigned long)", false, true },
	{ array_aligned_nothrow, "(anonymous namespace)::array_aligned_nothrow(unsigned long)", true, true },
};
constexpr int WAYS = sizeof(ways) / sizeof(ways[0]);

// In one of the three ways of each operator delete.
void release(const way &w, int how, void *p, std::size_t size)
{
	if (w.is_array && w.is_aligned) {
		how == 0   ? ::operator delete[](p, line)
		: how == 1 ? ::operator delete[](p, size, line)
			   : ::operator delete[](p, line, std::nothrow);
	} else if (w.is_array) {
		how == 0   ? ::operator delete[](p)
		: how == 1 ? ::operator delete[](p, size)
			   : ::operator delete[](p, std::nothrow);
	} else if (w.is_aligned) {
		how == 0   ? ::operator delete(p, line)
		: how == 1 ? ::operator delete(p, size, line)
			   : ::operator delete(p, line, std::nothrow);
	} else {
		how == 0   ? ::operator delete(p)
		: how == 1 ? ::operator delete(p, size)
			   : ::operator delete(p, std::nothrow);
	}
}

} // namespace

int main(int argc, char **)
{
	const bool with_exceptions = argc < 2;
	truth books[WAYS] = {};
	unsigned random = 1;

	protocol_announce();
	protocol_await();
	for (int i = 0; i < ROUNDS; i++) {
		const way &w = ways[i % WAYS];
		truth &t = books[i % WAYS];
		const int how = i / WAYS % 4;

		random = random * 1103515245 + 12345;
		// A multiple of the alignment: the C++ library rounds others up to one before it asks malloc.
		const long long size = 64 * (1 + (random >> 16) % (i % 50 ? 20 : 5000));
		void *p = w.allocate(size);

		t.all_bytes += size;
		t.all_events++;
		if (how == 3) {
			t.unfreed_bytes += size;
			t.unfreed_blocks++;
		} else {
			release(w, how, p, size);
		}
		if (with_exceptions && i % 10 == 0 &&
		    !(throws(std::size_t{ 1 } << 62) && array_throws(std::size_t{ 1 } << 61)))
			return 1;
	}
	protocol_truth_begin();
	for (int i = 0; i < WAYS; i++)
		protocol_truth(ways[i].name, &books[i]);
	protocol_truth_end();
	protocol_await();
	return 0;
}
