/*
 * Allocators to preload that hand calls to their own functions in every way that compilers and authors have. The memory
 * is never used again. One macro each:
 *
 *   plain              none of that
 *   realloc_big        realloc(NULL) is malloc, but for large blocks
 *   memalign_tiny      memalign is malloc up to an alignment of 8
 *   memalign_wide      memalign is malloc up to an alignment of 64
 *   malloc_paged       malloc of pages is valloc
 *   malloc_cleared     malloc is calloc
 *   realloc_cleared    realloc(NULL) is calloc
 *   malloc_again       malloc that finds nothing makes room and calls itself
 *   calloc_helped      calloc has a function call malloc for it
 *   calloc_cold        calloc calls malloc in a part of it that lies elsewhere
 *   calloc_sizeless    calloc calls malloc; its symbol has no size
 *   memalign_over      memalign has a function take more from malloc and align it
 *   aligned_larger     aligned_alloc is memalign of more
 *   posix_fast         posix_memalign is another function's, if it has nothing at hand
 *   realloc_shared     realloc of large blocks is code that calls malloc, and that another function is as well
 *   realloc_zero       realloc is another function's, but it frees itself
 *   runs_on            the code of malloc runs on into calloc's
 *   returns_in         malloc leaves its code and returns into it, to an address in a register
 *   jumps_in           calloc jumps behind malloc's first instruction
 *   loops              malloc comes by its first instruction several times
 *   calls_first        malloc and free begin with a call
 *   renamed            calloc is malloc, which it calls by another name
 *   computed           every function jumps to what a pointer says: another hooked one mostly, else one that is not
 *   computed_register  the same, by an address in a register
 *   computed_member    the same, by one in a table that another pointer leads to
 *   elsewhere          every function is another library's, calloc under a name of that library's own
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define HIDDEN __attribute__((visibility("hidden"), noinline, noclone))
#define KEEP   __asm__ volatile("") /* the call before it is no jump */
#define ROOM   (1ul << 30)

#if defined(computed_register) || defined(computed_member)
#define computed
#endif

#if defined(served) || defined(computed)
#define NAME(name) je_##name
#else
#define NAME(name) name
#endif

void *je_malloc(size_t size);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *valloc(size_t size);
void *memalign(size_t alignment, size_t size);
int je_posix_memalign(void **to, size_t alignment, size_t size);
void *je_realloc(void *old, size_t size);

#ifndef elsewhere

static char *next;
static size_t released;

HIDDEN void *serve(size_t size, size_t alignment)
{
	uintptr_t p;

	if (!next)
		next = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (alignment < 16)
		alignment = 16;
	if (size > ROOM / 64) {
		errno = ENOMEM;
		return NULL;
	}
	p = ((uintptr_t)next + 16 + alignment - 1) & -alignment;
	((size_t *)p)[-1] = size;
	next = (char *)p + size;
	return (void *)p;
}

HIDDEN void *move(void *old, size_t size)
{
	size_t had = old ? ((size_t *)old)[-1] : 0;
	void *p = serve(size, 16);

	if (p)
		memcpy(p, old, had < size ? had : size);
	return p;
}

HIDDEN void release(void *p)
{
	released += p != NULL;
}

/* ---- what is like everywhere, unless the macro has its own ---- */

#if !defined(malloc_paged) && !defined(malloc_cleared) && !defined(malloc_again) && !defined(runs_on) && \
	!defined(returns_in) && !defined(jumps_in) && !defined(loops) && !defined(calls_first)
void *NAME(malloc)(size_t size)
{
	void *p = serve(size, 16);

	KEEP;
	return p;
}
#endif

#ifdef renamed
void *other_name(size_t size) __attribute__((alias("malloc")));

void *calloc(size_t count, size_t size)
{
	return __builtin_mul_overflow(count, size, &size) ? NULL : other_name(size);
}
#endif

#if !defined(calloc_helped) && !defined(calloc_cold) && !defined(calloc_sizeless) && !defined(runs_on) && \
	!defined(jumps_in) && !defined(renamed)
void *NAME(calloc)(size_t count, size_t size)
{
	void *p;

	if (__builtin_mul_overflow(count, size, &size))
		return NULL;
	p = serve(size, 16);
	KEEP;
	return p;
}
#endif

#if !defined(realloc_big) && !defined(realloc_shared) && !defined(realloc_cleared) && !defined(realloc_zero)
void *NAME(realloc)(void *old, size_t size)
{
	void *p = move(old, size);

	KEEP;
	return p;
}
#endif

#if !defined(memalign_tiny) && !defined(memalign_wide) && !defined(memalign_over)
void *NAME(memalign)(size_t alignment, size_t size)
{
	void *p = serve(size, alignment);

	KEEP;
	return p;
}
#endif

#ifndef aligned_larger
void *NAME(aligned_alloc)(size_t alignment, size_t size)
{
	void *p = serve(size, alignment);

	KEEP;
	return p;
}
#endif

#ifndef posix_fast
int NAME(posix_memalign)(void **to, size_t alignment, size_t size)
{
	void *p = serve(size, alignment);

	if (!p)
		return ENOMEM;
	*to = p;
	return 0;
}
#endif

void *NAME(valloc)(size_t size)
{
	void *p = serve(size, 4096);

	KEEP;
	return p;
}

void *NAME(pvalloc)(size_t size)
{
	void *p = serve(size, 4096);

	KEEP;
	return p;
}

#ifdef calls_first
void free(void *p)
{
	release(p);
	KEEP;
}
#else
void NAME(free)(void *p)
{
	release(p);
}
#endif

#endif /* elsewhere */

/* ---- what one is about ---- */

#if defined(realloc_big)
void *realloc(void *old, size_t size)
{
	void *p;

	if (!old && size <= 4096)
		return malloc(size);
	p = move(old, size);
	KEEP;
	return p;
}

#elif defined(realloc_shared)
HIDDEN void *copied(void *old, size_t size)
{
	void *p = malloc(size);

	if (p && old)
		memcpy(p, old, 16);
	KEEP;
	return p;
}

void *realloc(void *old, size_t size)
{
	void *p;

	if (size >= 4096)
		return copied(old, size);
	p = move(old, size);
	KEEP;
	return p;
}

void *duplicate(void *block, size_t size)
{
	return copied(block, size);
}

#elif defined(memalign_tiny) || defined(memalign_wide)
#ifdef memalign_tiny
#define LIMIT 8
#else
#define LIMIT 64
#endif
void *memalign(size_t alignment, size_t size)
{
	void *p;

	if (alignment <= LIMIT)
		return malloc(size);
	p = serve(size, alignment);
	KEEP;
	return p;
}

#elif defined(malloc_paged)
void *malloc(size_t size)
{
	void *p;

	if (size >= 4096)
		return valloc(size);
	p = serve(size, 16);
	KEEP;
	return p;
}

#elif defined(malloc_cleared)
void *malloc(size_t size)
{
	return calloc(1, size);
}

#elif defined(realloc_cleared)
void *realloc(void *old, size_t size)
{
	void *p;

	if (!old)
		return calloc(1, size);
	p = move(old, size);
	KEEP;
	return p;
}

#elif defined(malloc_again)
static int room;

HIDDEN void *try(size_t size)
{
	return room-- > 0 ? serve(size, 16) : NULL;
}

HIDDEN void make_room(void)
{
	room = 1;
}

void *malloc(size_t size)
{
	void *p = try(size);

	if (p)
		return p;
	make_room();
	return malloc(size);
}

#elif defined(calloc_helped)
HIDDEN void *cleared(size_t size)
{
	void *p = malloc(size);

	if (p)
		memset(p, 0, size);
	KEEP;
	return p;
}

void *calloc(size_t count, size_t size)
{
	void *p;

	if (__builtin_mul_overflow(count, size, &size))
		return NULL;
	p = cleared(size);
	KEEP;
	return p;
}

#elif defined(calloc_cold)
static volatile int rare = 1;

HIDDEN __attribute__((cold)) void note(void)
{
	KEEP;
}

void *calloc(size_t count, size_t size)
{
	void *p;

	if (__builtin_mul_overflow(count, size, &size))
		return NULL;
	if (__builtin_expect(rare, 0)) {
		note();
		p = malloc(size);
		note();
		return p;
	}
	p = serve(size, 16);
	KEEP;
	return p;
}

#elif defined(memalign_over)
HIDDEN void *over(size_t alignment, size_t size)
{
	uintptr_t p = (uintptr_t)malloc(size + alignment + 16);

	if (p)
		p = (p + 16 + alignment - 1) & -alignment;
	KEEP;
	return (void *)p;
}

void *memalign(size_t alignment, size_t size)
{
	void *p = over(alignment, size);

	KEEP;
	return p;
}

#elif defined(aligned_larger)
void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size + alignment);
}

#elif defined(posix_fast)
HIDDEN void *at_hand(size_t size, size_t alignment)
{
	static int turn;

	return turn++ % 3 ? serve(size, alignment) : NULL;
}

int je_posix_memalign(void **to, size_t alignment, size_t size)
{
	*to = serve(size, alignment);
	return *to ? 0 : ENOMEM;
}

/* With the C library's malloc beside it, je_posix_memalign would mean nothing. */
void *je_malloc(size_t size)
{
	void *p = serve(size, 16);

	KEEP;
	return p;
}

int posix_memalign(void **to, size_t alignment, size_t size)
{
	void *p = at_hand(size, alignment);

	if (p) {
		*to = p;
		return 0;
	}
	return je_posix_memalign(to, alignment, size);
}

#elif defined(realloc_zero)
void *je_malloc(size_t size)
{
	void *p = serve(size, 16);

	KEEP;
	return p;
}

void *je_realloc(void *old, size_t size)
{
	void *p = move(old, size);

	KEEP;
	return p;
}

void *realloc(void *old, size_t size)
{
	if (!size) {
		release(old);
		return NULL;
	}
	return je_realloc(old, size);
}

#elif defined(elsewhere)
#define HAND(type, name, parameters, arguments) \
	type je_##name parameters;              \
	type name parameters                    \
	{                                       \
		return je_##name arguments;     \
	}
HAND(void *, malloc, (size_t size), (size))
HAND(void *, realloc, (void *old, size_t size), (old, size))
HAND(void *, memalign, (size_t alignment, size_t size), (alignment, size))
HAND(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))
HAND(int, posix_memalign, (void **to, size_t alignment, size_t size), (to, alignment, size))
HAND(void *, valloc, (size_t size), (size))
HAND(void *, pvalloc, (size_t size), (size))
HAND(void, free, (void *p), (p))

void *other_calloc(size_t count, size_t size);

void *calloc(size_t count, size_t size)
{
	return other_calloc(count, size);
}
#elif defined(computed)
HIDDEN void *unhooked(size_t size)
{
	void *p = serve(size, 16);

	KEEP;
	return p;
}

/* Which the compiler does not follow. */
#ifdef computed_register
#define POINTER(name)                    (name##_pointer)
#define FUNCTION(type, name, parameters) type(*name##_pointer) parameters = je_##name
#elif defined(computed_member)
#define POINTER(name) (name##_table->pointer)
#define FUNCTION(type, name, parameters)   \
	static struct {                    \
		void *more;                \
		type(*pointer) parameters; \
	} name##_functions = { NULL, je_##name }, *volatile name##_table = &name##_functions
#else
#define POINTER(name)                    (name##_pointer)
#define FUNCTION(type, name, parameters) static type(*volatile name##_pointer) parameters = je_##name
#endif
#define HAND(type, name, parameters, arguments) \
	FUNCTION(type, name, parameters);       \
	type name parameters                    \
	{                                       \
		return POINTER(name) arguments; \
	}
HAND(void *, calloc, (size_t count, size_t size), (count, size))
HAND(void *, realloc, (void *old, size_t size), (old, size))
HAND(void *, memalign, (size_t alignment, size_t size), (alignment, size))
HAND(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))
HAND(int, posix_memalign, (void **to, size_t alignment, size_t size), (to, alignment, size))
HAND(void *, valloc, (size_t size), (size))
HAND(void *, pvalloc, (size_t size), (size))
HAND(void, free, (void *p), (p))

FUNCTION(void *, malloc, (size_t size));
void *malloc(size_t size)
{
	static int turn;

	POINTER(malloc) = turn++ % 3 ? je_malloc : unhooked;
	return POINTER(malloc)(size);
}
#elif defined(served)
void *other_calloc(size_t count, size_t size) __attribute__((alias("je_calloc")));
#endif

/* ---- what no compiler writes ---- */

#define BEGIN(name) ".text\n.globl " name "\n.type " name ",@function\n" name ":\n"
#define END(name)   ".size " name ",.-" name "\n"
#define SERVE       "sub $8,%rsp\nmov $16,%esi\ncall serve\nadd $8,%rsp\nret\n"

#if defined(calloc_sizeless)
__asm__(BEGIN("calloc") "imul %rsi,%rdi\nsub $8,%rsp\ncall malloc@plt\nadd $8,%rsp\nret\n");
#elif defined(runs_on)
__asm__(BEGIN("malloc") "mov %rdi,%rsi\nmov $1,%edi\n" END("malloc")
		BEGIN("calloc") "imul %rsi,%rdi\n" SERVE END("calloc"));
#elif defined(returns_in)
static int times __attribute__((used));
__asm__(BEGIN("malloc") "test %rdi,%rdi\n2: push %rbx\nmov %rdi,%rbx\njmp 3f\n" END(
	"malloc") "3: pop %rbx\nincl times(%rip)\ntestl $3,times(%rip)\njz 4f\nlea 2b(%rip),%rax\njmp *%rax\n4:" SERVE);
#elif defined(jumps_in)
__asm__(BEGIN("malloc") "endbr64\n5: push %rbx\npop %rbx\n" SERVE END("malloc")
		BEGIN("calloc") "imul %rsi,%rdi\njmp 5b\n" END("calloc"));
#elif defined(loops)
static int times __attribute__((used));
__asm__(BEGIN("malloc") "6: push %rbx\npop %rbx\nincl times(%rip)\ntestl $3,times(%rip)\njnz 6b\n" SERVE END("malloc"));
#elif defined(calls_first)
__asm__(BEGIN("malloc") "call 7f\n7: pop %rax\n" SERVE END("malloc"));
#endif
