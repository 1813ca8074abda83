/*
 * A process that ends in the window, and what becomes of its pages shortly before, after any look of the collector's at
 * them: it gives memory back to malloc (free), moves pages (move), among them huge ones that it drops in part (huge), or
 * drops pages more often than is kept in mind (often). The truth, taken from /proc/self/pagemap as the last thing: pages
 * in memory as blocks not freed.
 */
#define _GNU_SOURCE
#include <stdint.h>

#include "claims.h"
#include "protocol.h"

#define HUGE  512ul
#define NODES 4000
#define EARLY 1000
#define FRESH 10
#define OFTEN 40000

#define WORK __attribute__((noinline)) static

struct node {
	struct node *next;
	char bytes[2000];
};

static struct node *list;
static char *early, *fresh, *huge, *kept;

static void write_pages(char *start, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		((volatile char *)start)[i * PAGE] = 1;
}

/* Nothing is mapped there, and huge pages fit. */
static char *elsewhere(size_t pages)
{
	char *start = mmap(NULL, (pages + HUGE) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (start == MAP_FAILED)
		_exit(2);
	return huge_aligned(start);
}

static char *move(char *start, size_t pages, size_t to_pages)
{
	char *moved = mremap(start, pages * PAGE, to_pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere(to_pages));

	if (moved == MAP_FAILED)
		_exit(2);
	return moved;
}

WORK void build(void)
{
	for (int i = 0; i < NODES; i++) {
		struct node *node = malloc(sizeof(*node));

		memset(node->bytes, 1, sizeof(node->bytes));
		node->next = list;
		list = node;
	}
}

static void tear_down(void)
{
	while (list) {
		struct node *next = list->next;

		free(list);
		list = next;
	}
}

WORK void keep(void)
{
	kept = map(2 * FRESH, 0);
	write_pages(kept, 2 * FRESH);
}

WORK void bring(void)
{
	fresh = map(FRESH, 0);
	write_pages(fresh, FRESH);
}

WORK void bring_huge(void)
{
	huge = elsewhere(2 * HUGE);
	if (mprotect(huge, 2 * HUGE * PAGE, PROT_READ | PROT_WRITE) || madvise(huge, 2 * HUGE * PAGE, MADV_HUGEPAGE))
		_exit(2);
	huge[0] = huge[HUGE * PAGE] = 1;
}

static void drop(char *start, size_t pages)
{
	madvise(start, pages * PAGE, MADV_DONTNEED);
}

static void tell(void)
{
	int pagemap = pagemap_open();

	protocol_truth_begin();
	for (int i = 0; i < claimed; i++) {
		struct truth truth = { 0 };

		for (size_t page = 0; page < claims[i].pages; page++)
			truth.unfreed_blocks += pagemap_word(pagemap, claims[i].start + page * PAGE) >> 63;
		protocol_truth(claims[i].function, &truth);
	}
	protocol_truth_end();
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	char *heap;

	/* What is mapped by now, data of the C library above all, comes into memory beforehand. */
	if (mlockall(MCL_CURRENT) == 0)
		munlockall();
	early = map(EARLY, 0);
	write_pages(early, EARLY);
	heap = (char *)(((uintptr_t)sbrk(0) + PAGE - 1) & -PAGE);
	protocol_announce();
	protocol_await();
	bring();
	keep();
	if (!strcmp(what, "free"))
		build();
	if (!strcmp(what, "huge"))
		bring_huge();
	protocol_write("built\n", 6);
	protocol_await();
	if (!strcmp(what, "free")) {
		tear_down();
		munmap(early, EARLY * PAGE / 2);
		claim("build", heap, ((char *)sbrk(0) - heap) / PAGE);
	} else if (!strcmp(what, "move")) {
		early = move(early, EARLY, 2 * EARLY);
		fresh = move(move(fresh, FRESH, 2 * FRESH), 2 * FRESH, FRESH);
	} else if (!strcmp(what, "huge")) {
		drop(huge, 100);
		huge = move(huge, 2 * HUGE, 2 * HUGE);
		drop(huge + HUGE * PAGE, 10);
		claim("bring_huge", huge, 2 * HUGE);
	} else if (!strcmp(what, "often")) {
		for (int i = 0; i < OFTEN; i++)
			drop(early, 1);
		drop(kept, FRESH);
	}
	claim("bring", fresh, FRESH);
	claim("keep", kept, 2 * FRESH);
	tell();
	return 0;
}
