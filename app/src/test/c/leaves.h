/*
 * The functions of groundtruth.c that call the allocator, one a way of calling it. Each is a leaf: it
 * calls one allocator function and nothing else, so the frame above the allocator names the row of the
 * truth that pays. LEAF(name) for each.
 */
#define LEAVES(LEAF)                                                                      \
	LEAF(malloc_request)    /* short-lived */                                         \
	LEAF(malloc_session)    /* some are never freed */                                \
	LEAF(malloc_zero)       /* size 0: a live block of no bytes */                    \
	LEAF(malloc_large)      /* mmapped */                                             \
	LEAF(malloc_impossible) /* fails */                                               \
	LEAF(malloc_recursive)  /* at the bottom of a recursion */                        \
	LEAF(calloc_matrix)                                                               \
	LEAF(calloc_large)                                                                \
	LEAF(calloc_overflow) /* fails */                                                 \
	LEAF(realloc_from_null)                                                           \
	LEAF(realloc_grow)                                                                \
	LEAF(realloc_shrink)                                                              \
	LEAF(realloc_in_place)   /* by a byte or two */                                   \
	LEAF(realloc_large)      /* mremap */                                             \
	LEAF(realloc_impossible) /* fails: the old block stays, and stays whose it was */ \
	LEAF(realloc_to_zero)    /* frees */                                              \
	LEAF(reallocarray_from_null)                                                      \
	LEAF(reallocarray_resize)                                                         \
	LEAF(reallocarray_overflow) /* fails */                                           \
	LEAF(posix_memalign_block)                                                        \
	LEAF(posix_memalign_bad_alignment) /* fails */                                    \
	LEAF(posix_memalign_impossible)    /* fails */                                    \
	LEAF(aligned_alloc_block)                                                         \
	LEAF(memalign_small) /* an alignment malloc gives anyway */                       \
	LEAF(memalign_large)                                                              \
	LEAF(valloc_block)                                                                \
	LEAF(pvalloc_block)
