/*
 * Allocators to preload whose symbols or whose code are out of the ordinary, one for each macro. The memory is the C
 * library's.
 *
 *   indirect   malloc is an indirect function, chosen when the program starts
 *   versioned  malloc has two versions; programs are bound to the old one, which is not the default
 *   unknown    functions begin with an instruction that neither memstacks nor the kernel's decoder knows (SSE4a)
 *   locked     functions begin with an instruction on which the kernel refuses probes
 *   untyped    symbols say neither that they are functions nor of what size
 *   detoured   malloc, munmap and madvise begin with jumps elsewhere, which were written over their first instructions
 *              when it was loaded
 *   copied     the page of malloc was replaced by a copy of it when it was loaded
 *   detoured_later, copied_later  the same when SIGUSR2 comes
 *   rebound_later  when SIGUSR2 comes, the program's calls of malloc are led here by its global offset table
 *   rebound_own_later  the same of this library's calls, which come from and lead to one file then
 */
#if defined(detoured_later)
#define detoured
#elif defined(copied_later)
#define copied
#elif defined(rebound_own_later)
#define rebound_later
#endif
#if defined(detoured) || defined(copied) || defined(rebound_later)
#define _GNU_SOURCE
#endif
#include <stddef.h>
#if defined(detoured) || defined(copied)
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#if defined(rebound_later)
#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void *volatile last;

static void *hook(size_t size)
{
	last = calloc(1, size);
	return last;
}

#if defined(rebound_own_later)
void *taken(size_t size)
{
	return malloc(size);
}
#endif

static void lead(uintptr_t base, const ElfW(Rela) * slot, size_t bytes, const ElfW(Sym) * symbols, const char *names)
{
	for (const ElfW(Rela) *end = (const void *)((const char *)slot + bytes); slot < end; slot++) {
		void **word = (void **)(base + slot->r_offset);

		if (strcmp(names + symbols[ELF64_R_SYM(slot->r_info)].st_name, "malloc") != 0)
			continue;
		mprotect((void *)((uintptr_t)word & -4096), 4096, PROT_READ | PROT_WRITE);
		*word = (void *)hook;
	}
}

#if defined(rebound_own_later)
#define FILE_NAME "odd-rebound_own_later.so"
#else
#define FILE_NAME "" /* the program */
#endif

static int rebind(struct dl_phdr_info *program, size_t size, void *context)
{
	uintptr_t value[DT_NUM] = { 0 };

	(void)size;
	(void)context;
	if (strcmp(FILE_NAME, "") != 0 && strstr(program->dlpi_name, FILE_NAME) == NULL)
		return 0;
	for (int i = 0; i < program->dlpi_phnum; i++) {
		const ElfW(Dyn) *entry = (const void *)(program->dlpi_addr + program->dlpi_phdr[i].p_vaddr);

		if (program->dlpi_phdr[i].p_type != PT_DYNAMIC)
			continue;
		for (; entry->d_tag != DT_NULL; entry++)
			if (entry->d_tag >= 0 && entry->d_tag < DT_NUM)
				value[entry->d_tag] = entry->d_un.d_ptr;
	}
	lead(program->dlpi_addr, (void *)value[DT_JMPREL], value[DT_PLTRELSZ], (void *)value[DT_SYMTAB],
	     (void *)value[DT_STRTAB]);
	lead(program->dlpi_addr, (void *)value[DT_RELA], value[DT_RELASZ], (void *)value[DT_SYMTAB],
	     (void *)value[DT_STRTAB]);
	return 1;
}

static void when_asked(int signal)
{
	(void)signal;
	dl_iterate_phdr(rebind, NULL);
}

__attribute__((constructor)) static void begin(void)
{
	signal(SIGUSR2, when_asked);
}

#else

extern void *__libc_malloc(size_t size);
extern void __libc_free(void *p);

#if defined(indirect) || defined(versioned) || defined(detoured) || defined(copied)

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
#elif defined(detoured) || defined(copied)
void *malloc(size_t size)
{
	void *p = take(size);

	last = NULL;
	return p;
}

#if defined(copied)
/* Some code stays where it was, as where only whole huge pages are copied. */
__asm__(".text\n.skip 8192\n");

static char code[4096]; /* as the file has it */

static void change(void)
{
	void *page = (void *)((uintptr_t)malloc & -4096);
	void *other = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(other, code, 4096);
	mprotect(other, 4096, PROT_READ | PROT_EXEC);
	mremap(other, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, page);
}

static void prepare(void)
{
	memcpy(code, (void *)((uintptr_t)malloc & -4096), 4096);
}
#else
static __attribute__((noinline)) int unmap(void *p, size_t size)
{
	last = NULL;
	return syscall(SYS_munmap, p, size);
}

int munmap(void *p, size_t size)
{
	int result = unmap(p, size);

	last = NULL;
	return result;
}

static __attribute__((noinline)) int advise(void *p, size_t size, int advice)
{
	last = NULL;
	return syscall(SYS_madvise, p, size, advice);
}

int madvise(void *p, size_t size, int advice)
{
	int result = advise(p, size, advice);

	last = NULL;
	return result;
}

static void detour(uintptr_t from, uintptr_t to)
{
	unsigned char *code = (unsigned char *)from;
	void *pages = (void *)(from & -4096);
	int32_t distance = to - from - 5;

	mprotect(pages, 8192, PROT_READ | PROT_WRITE | PROT_EXEC);
	*code = 0xe9; /* jmp */
	memcpy(code + 1, &distance, sizeof(distance));
	mprotect(pages, 8192, PROT_READ | PROT_EXEC);
}

static void prepare(void)
{
}

static void change(void)
{
	detour((uintptr_t)malloc, (uintptr_t)take);
	detour((uintptr_t)munmap, (uintptr_t)unmap);
	detour((uintptr_t)madvise, (uintptr_t)advise);
}
#endif

#if defined(detoured_later) || defined(copied_later)
static void when_asked(int signal)
{
	(void)signal;
	change();
}

__attribute__((constructor)) static void begin(void)
{
	prepare();
	signal(SIGUSR2, when_asked);
}
#else
__attribute__((constructor)) static void begin(void)
{
	prepare();
	change();
}
#endif
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
#elif defined(untyped)
#define FIRST "nop\n"
#else
#define FIRST "lock orl $0,-8(%rsp)\n"
#endif

#if defined(untyped)
#define DESCRIBED(name)
#else
#define DESCRIBED(name) ".type " name ",@function\n.size " name ",.-" name "\n"
#endif

#define FORWARD(name, to)                                                              \
	__asm__(".text\n.globl " name "\n" name ":\n.cfi_startproc\n" FIRST "jmp *" to \
		"@GOTPCREL(%rip)\n.cfi_endproc\n" DESCRIBED(name))

FORWARD("malloc", "__libc_malloc");
FORWARD("free", "__libc_free");
#endif
#endif
