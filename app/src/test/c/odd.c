/*
 * Allocators to preload whose symbols or whose code are out of the ordinary, one for each macro. The memory is the C
 * library's.
 *
 *   indirect   malloc is an indirect function, chosen when the program starts
 *   versioned  malloc has two versions; programs are bound to the old one, which is not the default
 *   unknown    functions begin with an instruction that neither memstacks nor the kernel's decoder knows (SSE4a)
 *   locked     functions begin with an instruction on which the kernel refuses probes
 */
#include <stddef.h>

extern void *__libc_malloc(size_t size);
extern void __libc_free(void *p);

#if defined(indirect) || defined(versioned)

static void *volatile last;

static __attribute__((noinline)) void *take(size_t size)
{
	void *p = __libc_malloc(size);

	last = p;
	return p;
}

void free(void *p)
{
	last = NULL;
	__libc_free(p);
}

#if defined(indirect)
static void *(*choose(void))(size_t)
{
	return take;
}

void *malloc(size_t size) __attribute__((ifunc("choose")));
#else
void *old_malloc(size_t size)
{
	void *p = take(size);

	last = NULL;
	return p;
}

void *new_malloc(size_t size)
{
	void *p = take(size);

	last = p;
	return p;
}

__asm__(".symver old_malloc,malloc@GLIBC_2.2.5");
__asm__(".symver new_malloc,malloc@@ODD_1.0");
#endif

#else

#if defined(unknown)
#define FIRST ".byte 0x66,0x0f,0x79,0xc8\n" /* extrq %xmm0,%xmm1 */
#else
#define FIRST "lock orl $0,-8(%rsp)\n"
#endif

#define FORWARD(name, to)                                                                                        \
	__asm__(".text\n.globl " name "\n.type " name ",@function\n" name ":\n.cfi_startproc\n" FIRST "jmp *" to \
		"@GOTPCREL(%rip)\n.cfi_endproc\n.size " name ",.-" name "\n")

FORWARD("malloc", "__libc_malloc");
FORWARD("free", "__libc_free");
#endif
