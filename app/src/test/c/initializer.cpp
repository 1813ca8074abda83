/* Initializers of C++ objects, which run before main: 300 arrays of 50 bytes, of which 100 are deleted. */
#include <cstddef>

static void *volatile sink;

struct Keeper {
	char *blocks[300];

	__attribute__((noinline)) Keeper()
	{
		for (auto &block : blocks) {
			block = new char[50];
			sink = block;
		}
	}
};

static Keeper keeper;

int main()
{
	for (std::size_t i = 0; i < 100; i++)
		delete[] keeper.blocks[i];
	return 0;
}
