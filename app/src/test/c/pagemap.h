/* What the kernel says of a program's own pages: /proc/self/pagemap. */
#ifndef PAGEMAP_H
#define PAGEMAP_H

#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#define PAGE 4096ul

static inline int pagemap_open(void)
{
	return open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
}

/* Bit 63: present; 62: in swap; the lower 55: the frame (Documentation/admin-guide/mm/pagemap.rst). */
static inline uint64_t pagemap_word(int pagemap, const char *page)
{
	uint64_t word = 0;

	if (pread(pagemap, &word, 8, (off_t)((uintptr_t)page / PAGE * 8)) != 8)
		_exit(2);
	return word;
}

static inline uint64_t pagemap_frame(uint64_t word)
{
	return word & ((1ull << 55) - 1);
}

#endif
