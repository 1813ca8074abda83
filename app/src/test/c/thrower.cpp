// A C++ program whose exceptions cross everything between the allocator and main: thrown objects are allocated,
// operator new throws when malloc refuses, constructors throw halfway through. What leaks on these ways out is
// known; a row is named by the function that called malloc itself.
#include <new>
#include <stdexcept>
#include <string>

#include "protocol.h"

#define OWN_FRAME __attribute__((noinline))
#define ROUNDS    1000

static void *volatile sink;
static volatile std::size_t impossible = std::size_t{ 1 } << 62;

namespace
{

struct Guard {
	void *memory;

	OWN_FRAME explicit Guard(std::size_t size) : memory(std::malloc(size))
	{
		sink = memory;
	}
	~Guard()
	{
		std::free(memory);
	}
};

OWN_FRAME void leak_while_unwinding(std::size_t size)
{
	sink = std::malloc(size);
}

struct Leaker {
	~Leaker()
	{
		leak_while_unwinding(24);
	}
};

OWN_FRAME void leak_then_throw(int depth)
{
	Guard guard(500);

	if (depth > 0)
		return leak_then_throw(depth - 1);
	Leaker leaker;

	sink = std::malloc(40);
	throw std::runtime_error(std::string(100, 'x'));
}

OWN_FRAME void ask_operator_new_for_too_much()
{
	Guard guard(700);

	sink = ::operator new(impossible);
}

OWN_FRAME void leak_after_catching(std::size_t size)
{
	sink = std::malloc(size);
}

} // namespace

int main()
{
	const truth left{ 40L * ROUNDS, ROUNDS, 40L * ROUNDS, ROUNDS, 0 };
	const truth unwinding{ 24L * ROUNDS, ROUNDS, 24L * ROUNDS, ROUNDS, 0 };
	const long guards = ROUNDS / 10 * 55; // at depths 1 to 10
	const truth guarded{ 0, 0, 500 * guards + 700 * ROUNDS, guards + ROUNDS, 0 };
	const truth caught{ 64L * 2 * ROUNDS, 2 * ROUNDS, 64L * 2 * ROUNDS, 2 * ROUNDS, 0 };
	int wrong = 2 * ROUNDS;

	protocol_announce();
	protocol_await();
	for (int i = 0; i < ROUNDS; i++) {
		try {
			leak_then_throw(i % 10);
		} catch (const std::runtime_error &e) {
			leak_after_catching(64);
			wrong -= strlen(e.what()) == 100;
		}
		try {
			ask_operator_new_for_too_much();
		} catch (const std::bad_alloc &) {
			leak_after_catching(64);
			wrong--;
		}
	}
	if (wrong)
		return 1;
	protocol_truth_begin();
	protocol_truth("(anonymous namespace)::leak_then_throw(int)", &left);
	protocol_truth("(anonymous namespace)::leak_while_unwinding(unsigned long)", &unwinding);
	protocol_truth("(anonymous namespace)::Guard::Guard(unsigned long)", &guarded);
	protocol_truth("(anonymous namespace)::leak_after_catching(unsigned long)", &caught);
	protocol_truth_end();
	protocol_await();
	return 0;
}
