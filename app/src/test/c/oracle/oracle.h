/*
 * A program that writes its own stacks down. It runs the same scenarios twice from the same place: first each of
 * them takes blocks by malloc, to be traced; then, when nobody traces it any more, it takes glibc's backtrace()
 * instead. Above take(), both must have seen the same return addresses.
 */
#ifndef MEMSTACKS_ORACLE_H
#define MEMSTACKS_ORACLE_H

#include <stddef.h>

/* One frame for each function: what is not to have one says so itself. */
#define OWN __attribute__((noinline))

#ifdef __cplusplus
extern "C" {
#endif

/* Keeps calls from becoming jumps, and variables in memory. */
extern void *volatile oracle_sink;

/* What the scenarios allocate by; a block that is never freed. */
void *take(size_t size);

void frame_scenarios(void);    /* shapes of frames: sizes, alignment, depth, jumps */
void callback_scenarios(void); /* through the C library and a plugin, and threads */
void signal_scenarios(void);
void cxx_scenarios(void);

/* In the plugin, which is loaded while the program is traced. */
typedef void *(*taker)(size_t size);
void plugin_work(taker take, size_t size);

#ifdef __cplusplus
}
#endif

#endif
