/*
 * A program's operators new and delete, in an object that has no malloc. Built with one of these:
 *   pool     blocks are cut from memory of mmap's
 *   chunks   blocks are cut from large ones that a function of its own takes from malloc
 *   mixed    small blocks are cut from memory of mmap's, others are malloc's
 *   counting each call goes to malloc or free, by way of functions that count
 *   partial  operator new and delete alone, as pool has them: the C++ library's others lead to them
 */
#include <cstddef>
#include <cstdlib>
#include <new>
#include <sys/mman.h>

#define OWN_FRAME __attribute__((noinline))
#define CHUNK     (std::size_t{ 1 } << 20)
#define MOST      (std::size_t{ 1 } << 40)

namespace
{

long calls;

#ifdef counting

OWN_FRAME void *get(std::size_t size, std::size_t alignment)
{
	calls++;
	return alignment > 16 ? std::aligned_alloc(alignment, size) : std::malloc(size);
}

OWN_FRAME void put(void *p)
{
	calls--;
	std::free(p);
}

void put(void *p, std::size_t)
{
	put(p);
}

#else

struct Free {
	Free *next;
};

char *cut, *end;
Free *empty[CHUNK / 64];

#ifdef mixed
char *lowest, *highest;
#endif

OWN_FRAME void *more()
{
#ifdef chunks
	return std::aligned_alloc(64, CHUNK);
#else
	void *p = mmap(nullptr, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? nullptr : p;
#endif
}

/* In steps of 64 bytes, all aligned to that; a freed block of the same step first. */
OWN_FRAME void *get(std::size_t size, std::size_t)
{
	std::size_t step = (size + 63) / 64;

	calls++;
#ifdef mixed
	if (size > 1024)
		return size > MOST ? nullptr : std::aligned_alloc(64, step * 64);
#endif
	if (step * 64 > CHUNK)
		return nullptr;
	if (Free *p = empty[step]) {
		empty[step] = p->next;
		return p;
	}
	if (!cut || cut + step * 64 > end) {
		cut = static_cast<char *>(more());
		if (!cut)
			return nullptr;
		end = cut + CHUNK;
#ifdef mixed
		lowest = !lowest || cut < lowest ? cut : lowest;
		highest = end > highest ? end : highest;
#endif
	}
	void *p = cut;

	cut += step * 64;
	return p;
}

/* Not to be had again: how large it is nobody says. */
OWN_FRAME void put(void *p)
{
	calls--;
#ifdef mixed
	if (p && (p < lowest || p >= highest))
		std::free(p);
#else
	asm volatile("" : : "r"(p) : "memory");
#endif
}

OWN_FRAME void put(void *p, std::size_t size)
{
#ifdef mixed
	if (size > 1024)
		return put(p);
#endif
	std::size_t step = (size + 63) / 64;
	Free *block = static_cast<Free *>(p);

	calls--;
	block->next = empty[step];
	empty[step] = block;
}

#endif

void *get_or_throw(std::size_t size, std::size_t alignment)
{
	void *p = size > MOST ? nullptr : get(size, alignment);

	if (!p)
		throw std::bad_alloc();
	return p;
}

} // namespace

void *operator new(std::size_t size)
{
	return get_or_throw(size, 1);
}

void operator delete(void *p) noexcept
{
	if (p)
		put(p);
}

#ifndef partial
/* The others. */

void *operator new[](std::size_t size)
{
	return get_or_throw(size, 1);
}

void *operator new(std::size_t size, const std::nothrow_t &) noexcept
{
	return get(size, 1);
}

void *operator new[](std::size_t size, const std::nothrow_t &) noexcept
{
	return get(size, 1);
}

void *operator new(std::size_t size, std::align_val_t alignment)
{
	return get_or_throw(size, std::size_t(alignment));
}

void *operator new[](std::size_t size, std::align_val_t alignment)
{
	return get_or_throw(size, std::size_t(alignment));
}

void *operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t &) noexcept
{
	return get(size, std::size_t(alignment));
}

void *operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t &) noexcept
{
	return get(size, std::size_t(alignment));
}

void operator delete[](void *p) noexcept
{
	put(p);
}

void operator delete(void *p, const std::nothrow_t &) noexcept
{
	put(p);
}

void operator delete[](void *p, const std::nothrow_t &) noexcept
{
	put(p);
}

void operator delete(void *p, std::align_val_t) noexcept
{
	put(p);
}

void operator delete[](void *p, std::align_val_t) noexcept
{
	put(p);
}

void operator delete(void *p, std::align_val_t, const std::nothrow_t &) noexcept
{
	put(p);
}

void operator delete[](void *p, std::align_val_t, const std::nothrow_t &) noexcept
{
	put(p);
}

void operator delete(void *p, std::size_t size) noexcept
{
	put(p, size);
}

void operator delete[](void *p, std::size_t size) noexcept
{
	put(p, size);
}

void operator delete(void *p, std::size_t size, std::align_val_t) noexcept
{
	put(p, size);
}

void operator delete[](void *p, std::size_t size, std::align_val_t) noexcept
{
	put(p, size);
}

#endif
