/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Structures that the BPF programs share with Java. This file is the only statement of their layout in C;
 * the Java side repeats the offsets in org.memstacks.bpf.Layouts, and a test compares them with the BTF
 * that clang made of this file. Fixed-width types only, no implicit padding.
 */
#ifndef MEMSTACKS_H
#define MEMSTACKS_H

/* What a hooked function does; bits 0-7 of a probe's attach cookie. */
enum hook_op {
	HOOK_ALLOC = 1,      /* result in the return register */
	HOOK_ALLOC_INTO = 2, /* result through a pointer argument, success is 0 (posix_memalign) */
	HOOK_REALLOC = 3,    /* frees its pointer argument unless it fails */
	HOOK_FREE = 4,
	HOOK_JUMP = 6,          /* the call goes on to another hook; HOOK_CONDITION_SHIFT */
	HOOK_COMPUTED_JUMP = 7, /* the same, if that is where the jump leads; HOOK_BASE_SHIFT */
	/* Resizes its pointer argument in place; done when the result, a size, is not less than asked. */
	HOOK_RESIZE = 5,
};

/*
 * The rest of the attach cookie: where the arguments are at the probed instruction (the machine's number of the
 * register, plus 1; 0: none), flags, and the hook's number, which names the leaf frame.
 */
#define HOOK_OP_SHIFT        0
#define HOOK_ARG_MASK        0x1f
#define HOOK_SIZE_ARG_SHIFT  8  /* size in bytes */
#define HOOK_COUNT_ARG_SHIFT 13 /* number of elements to multiply the size with */
#define HOOK_PTR_ARG_SHIFT   18 /* the old block, the block to free, or where the result is stored */
#define HOOK_ALIGN_ARG_SHIFT 23 /* alignment */
#define HOOK_FLAGS_SHIFT     28 /* 4 bits */
#define HOOK_ID_SHIFT        32 /* 16 bits */
/* Of HOOK_JUMP: when the jump is made, by the number in the machine's opcode, plus 1; 0: always. */
#define HOOK_CONDITION_SHIFT HOOK_SIZE_ARG_SHIFT
/*
 * Of HOOK_COMPUTED_JUMP: it leads to base + index << scale + displacement, or to the address in the word there. Base and
 * index are numbers of registers, plus 1; 0: none.
 */
#define HOOK_BASE_SHIFT         8
#define HOOK_INDEX_SHIFT        13
#define HOOK_SCALE_SHIFT        18 /* 2 bits */
#define HOOK_IN_MEMORY          (1u << 20)
#define HOOK_DISPLACEMENT_SHIFT 32 /* 32 bits, signed */
/* In place of a register: the address of the probed instruction. */
#define REGISTER_INSTRUCTION 16

/* The function jumps to another hooked one when its pointer argument is NULL: that one counts. */
#define HOOK_NULL_IS_MALLOC 0x01
/* The function jumps to another hooked one when the alignment is malloc's own anyway (16 or less). */
#define HOOK_SMALL_ALIGN_IS_MALLOC 0x02
/* A reallocation that fails frees the old block (reallocf). */
#define HOOK_FREES_ON_FAILURE 0x04
/* Not every instruction the function returns by is probed: a call may end unseen. */
#define HOOK_RETURNS_UNSEEN 0x08
/* A HOOK_JUMP may lead here: bit 48, behind the number. */
#define HOOK_JUMPED_TO (1u << 20)
/* One of a program's own functions that its user named: struct pool_watch tells of its calls. Bit 49. */
#define HOOK_POOL (1u << 21)
/* How much of the register is the size, and the number of elements: 0 all 64 bits, 1 the low 32, 2: 16, 3: 8. */
#define HOOK_SIZE_WIDTH_SHIFT  50
#define HOOK_COUNT_WIDTH_SHIFT 52
#define HOOK_WIDTH_MASK        3

#define MAX_FRAMES 127
/* In a stored frame: no return address, so that the address itself is what it means and not the call before it. */
#define FRAME_EXACT      (1ull << 63)
#define FRAMES_PER_CHUNK 8
/* Tables of live blocks that can be added to the first one; each is several times as large as those before. */
#define MAX_LIVE_TABLES   7
#define MAX_NESTED_RANGES 256 /* power of two */
#define NESTED_STEPS      9   /* of a binary search among them */

/* No stack could be stored: the store is full, or no walk slot was free. */
#define STACK_ID_NONE 0xffffffffu

/* How a stack ended. */
enum stack_end {
	STACK_COMPLETE = 0,
	STACK_COMPLETE_BY_FP = 1, /* some frames by frame pointer, in code without unwind rows */
	STACK_DEPTH = 2,          /* more than MAX_FRAMES */
	STACK_NO_MAPPING = 3,     /* a return address outside all code known */
	STACK_BAD_FP = 4,         /* code without unwind rows and without a frame pointer */
	STACK_GAP = 5,            /* code that its object's unwind rows leave out */
	STACK_UNSUPPORTED = 6,    /* a rule of another shape than those below */
	STACK_UNFIT = 7,          /* a rule whose numbers exceed the row's fields */
	STACK_LAZY_BINDING = 8,   /* inside the dynamic linker's resolver */
	STACK_READ_FAULT = 9,     /* a word of the stack could not be read */
	STACK_FP_LOST = 10,       /* a frame needs rbp, which an inner one did not keep */
	STACK_CFA_NOT_INCREASING = 11,
	STACK_TRAMPOLINE = 12, /* a return probe's slot that no pending call matches */
};

struct text_range {
	__u64 start; /* address in the process */
	__u64 end;   /* exclusive */
};

/* Set before load, constant afterwards. */
struct config {
	__u32 live_buckets; /* of the first table of live blocks */
	__u32 stack_slots;  /* power of two, at least twice max_stacks */
	__u32 max_stacks;
	__u32 max_chunks;
	__u32 walk_slots;   /* power of two */
	__u32 cpus;         /* rows of the stats map, power of two, at least the number of possible CPUs */
	__u32 tid;          /* only this thread's allocations, as the PID namespace below numbers it; 0: all */
	__u32 max_mappings; /* of each of the two sets of code mappings */
	__u32 pid;          /* the target, as the PID namespace below numbers it */
	__u64 pid_ns_ino;
	__u64 min_size;  /* requests of fewer bytes are not recorded */
	__u64 max_size;  /* nor those of more */
	__u32 temporary; /* 1: sum up what its thread frees again before it allocates anything else */
	__u32 reserved;
};

/* Bodies of hooked functions: calls from there are nested. Set before anything is attached, constant afterwards. */
struct hooked_bodies {
	__u32 ranges; /* how many of range[] are used */
	__u32 reserved;
	__u64 end;                                  /* the greatest end of range[] */
	struct text_range range[MAX_NESTED_RANGES]; /* ascending */
};

/* Hooks with numbers from there on are not told of. */
#define MAX_POOL_HOOKS 1024

/* Calls of one of a program's own functions, and the largest block that it handed out (all mode: was asked for). */
struct pool_calls {
	__u64 calls;
	__u64 largest;
};

struct pool_watch {
	__u64 address_space; /* most bytes ever mapped, as of the last block that 32 bits cannot count */
	struct pool_calls hook[MAX_POOL_HOOKS]; /* by the hook's number */
};

enum window_state {
	WINDOW_CLOSED = 0,
	WINDOW_OPEN = 1,
	WINDOW_DRAINING = 2, /* no block is recorded any more; frees still take blocks out */
};

/* Changed while running. */
struct control {
	__u32 active;      /* enum window_state */
	__u32 next_chunk;  /* chunks handed out, may run past max_chunks */
	__u32 stacks;      /* stacks stored, may run past max_stacks */
	__u32 overflow;    /* 1 once a live block went to the overflow table */
	__u32 mapping_set; /* 0 or 1: which set of code mappings is in force */
	__u32 mapping_count[2];
	__u32 generation;       /* changes with the mappings: what was remembered before is walked again */
	__u64 misses;           /* return addresses outside all known code: time to look at the mappings */
	__u32 mapping_epoch[2]; /* of each set: changes when other code lies where some was, see stack_slot.epoch */
	__u32 execs;            /* address spaces the target has left by exec */
	__u32 mapping_execs;    /* the same when the mappings in force were looked at */
	__u32 live_more;        /* tables of live blocks beyond the first; only grows */
	__u32 live_more_buckets[MAX_LIVE_TABLES]; /* of each of them */
	__u32 ended; /* 1 after the window, or the target's end: what becomes of its number does not concern its blocks */
	__u32 older;           /* 1: the target may have blocks from before the window */
	__u32 overflow_closed; /* 1: memory is short, and the overflow table takes no more of it */
};

/* One row for each CPU; every field only grows. */
struct stats {
	__u64 requests; /* allocation calls seen at entry */
	__u64 requested_bytes;
	__u64 allocations; /* blocks recorded */
	__u64 allocated_bytes;
	__u64 unrecorded; /* of requests whose return was seen: those that became no block */
	__u64 unrecorded_bytes;
	__u64 freed_blocks; /* of blocks recorded in the window: by free, realloc and their like */
	__u64 freed_bytes;
	__u64 failed;      /* allocations that returned NULL or asked for an impossible size */
	__u64 replaced;    /* result was already recorded: a nested call, counted once */
	__u64 nested;      /* calls from inside another hooked function, not counted */
	__u64 lost_blocks; /* live table and overflow full */
	__u64 lost_bytes;
	__u64 pending_lost; /* calls whose arguments could not be kept until the return */
	__u64 pending_lost_bytes;
	__u64 unstored_stacks; /* events whose stack could not be stored */
	__u64 unstored_bytes;
	__u64 walks;          /* stacks walked */
	__u64 busy;           /* no free walk slot among those tried */
	__u64 unread_results; /* posix_memalign results that could not be read */
	__u64 unread_bytes;
	__u64 gone_blocks; /* of address spaces left by exec, their places used again */
	__u64 gone_bytes;
	__u64 moved_blocks;     /* of freed_blocks: those that realloc moved or resized */
	__u64 unknown_frees;    /* calls of free: the block was not recorded, as those from before the window */
	__u64 unprobed_returns; /* calls of signal handlers that a return probe would have harmed, not recorded */
	__u64 unprobed_bytes;
	__u64 guests;      /* other processes begun in the target's memory (vfork, posix_spawn), until their exec */
	__u64 older_frees; /* blocks from before the window that were freed or resized, until it drains */
};

/* No address space holds more than 2^47 bytes. */
#define LIVE_SIZE_BITS 48
#define LIVE_SIZE_MASK ((1ull << LIVE_SIZE_BITS) - 1)
/* Of CLOCK_MONOTONIC in ns: units of 8.4 ms, 417 days in 32 bits. */
#define LIVE_BORN_SHIFT 23

/* A live block; its address is in the bucket's parallel array. */
struct live_block {
	/*
	 * LIVE_SIZE_MASK: its size. Above: the low bits of control.execs when it was allocated; others than now: its
	 * address space is gone.
	 */
	__u64 size_execs;
	__u32 stack;
	__u32 born; /* when it was allocated, see LIVE_BORN_SHIFT */
};

#define LIVE_WAYS 8
/* In place of an address: its block is being written. No block lies there. */
#define LIVE_CLAIMED 1
/*
 * With an address, which is below it: no block lies there, but since the window began one did that was recorded, or one
 * was freed. None from before the window can be freed there any more. Kept until its place is needed.
 */
#define LIVE_LEFT (1ull << 63)
/* The addresses share one cache line. */
struct live_bucket {
	__u64 address[LIVE_WAYS];
	struct live_block block[LIVE_WAYS];
};

/* A stored stack's head; its index in the map is the stack's number. */
struct stack_slot {
	__u64 hash;  /* 0: free */
	__u32 chunk; /* first chunk + 1; 0: not filled yet */
	__u16 hook;  /* leaf frame */
	__u8 frames;
	__u8 end; /* enum stack_end */
	/*
	 * Which code its addresses mean: within an epoch none of them belongs to two objects. Addresses that are equal
	 * in two epochs may be those of different functions.
	 */
	__u32 epoch;
	__u32 reserved;
};

/* What lies behind an executable mapping. */
enum code_kind {
	CODE_ROWS = 0,          /* unwind rows */
	CODE_FRAME_POINTER = 1, /* no unwind information: JIT code and the like */
};

/* Rows of a module are found by pages of its code. */
#define ROW_PAGE_SHIFT 9

/* An executable mapping; a set is sorted by start. */
struct code_mapping {
	__u64 start;
	__u64 end;            /* exclusive */
	__u64 bias;           /* address - bias: what rows state */
	__u32 first_row_page; /* index in row_pages for the module's first page */
	__u32 row_pages;      /* of the module */
	__u32 base;           /* what rows state for the first page's begin */
	__u32 kind;           /* enum code_kind */
};

/* An unwind row; org.memstacks.unwind.UnwindRow documents the rule's bits. */
struct unwind_row {
	__u32 pc;
	__u32 rule;
};

/* The rows, by number, among which those of one page of code are: from the one in force at its begin. */
struct row_page {
	__u32 first;
	__u32 last;
};

enum row_type {
	ROW_GAP = 0,
	ROW_RSP = 1,
	ROW_RBP = 2,
	ROW_END = 3,
	ROW_PLT = 4,
	ROW_SIGNAL = 5,
	ROW_RSP_DEREF = 6,
	ROW_RBP_DEREF = 7,
	ROW_UNFIT = 8,
	ROW_UNSUPPORTED = 9,
	ROW_CFA_IN_RBX = 10,
	ROW_FRAME_POINTER = 11, /* with ROW_FP_KEPT: by code that always keeps it, and ends with 0 */
	ROW_START = 12,         /* most likely code that begins a program or a thread */
};

#define ROW_TYPE_MASK        0xf
#define ROW_FP_KEPT          0x10
#define ROW_CFA_SHIFT        4
#define ROW_CFA_BITS         15
#define ROW_RBP_SHIFT        19
#define ROW_RBP_LOST         8191
#define ROW_ADDEND_BITS      6
#define ROW_DEREF_RBP_SHIFT  25
#define ROW_DEREF_RBP_LOST   127
#define ROW_DEREF_RBP_AT_RBP 126
/* struct rt_sigframe of x86-64, from the stack pointer in the trampoline. */
#define SIGNAL_RBP 120
#define SIGNAL_RSP 160
#define SIGNAL_PC  168

/* Consecutive return addresses of a stack, innermost first. */
struct frame_chunk {
	__u64 pc[FRAMES_PER_CHUNK];
};

struct stack_sum {
	__u64 bytes;
	__u64 events;
};

/* The part of a walk slot that is read out: what its stack was summed up to and not yet added to the sums map. */
struct walk_head {
	__u32 busy;
	__u32 stack;
	struct stack_sum sum;
};

/*
 * pgfaultstacks: which stack each page of the process is attributed to.
 */

#define PAGE_SHIFT       12
#define PAGES_PER_CHUNK  64
#define PAGE_CHUNK_SHIFT 6
/* A huge page's worth of pages. */
#define PAGES_PER_BLOCK 512

/* A chunk's key is this plus the number of its first page / PAGES_PER_CHUNK. */
#define PAGE_CHUNK_FREE      0
#define PAGE_CHUNK_EMPTIED   1
#define PAGE_CHUNK_FIRST_KEY 2

/*
 * What is known of a page: 0, or the number + 1 of the stack that brought it, with these. Without a stack they tell what
 * became of a page that has no record of its own, since a fault on another page brought it.
 */
#define PAGE_STACK_MASK 0x01ffffffu
/* The fault's stack could not be stored. */
#define PAGE_NO_STACK 0x01ffffffu
/* A thread of the kernel took the fault for the process (io_uring's workers): there is no stack. */
#define PAGE_WORKER 0x01fffffeu
/* The page went: whatever brought it until then. Neighbours that the fault brought may have stayed. */
#define PAGE_GONE 0x80000000u
/* A read of a page that was not there: of a file it may have mapped neighbours, of anonymous memory the zero page. */
#define PAGE_READ 0x40000000u
/*
 * In the buffer of a read past the page cache, which brings pages without a fault: any fault seen there says more. So it
 * does of a page that may have been unmapped since.
 */
#define PAGE_BUFFER 0x20000000u
/* A call of mremap that is under way may have moved the page. */
#define PAGE_MOVING 0x10000000u
/* The page came after something was known of it: by itself, unless its neighbours went as well. */
#define PAGE_AGAIN 0x08000000u
/*
 * Not of a fault on this page. With PAGE_READ, where page tables are read: this page was missing when a neighbour was
 * read that may have brought it. Else it is of a neighbour that came again: what the fault brought besides may be there
 * still.
 */
#define PAGE_KEPT 0x04000000u
/* A call filled the range, and may have found the page there: brought by a fault on another one. */
#define PAGE_FILLED 0x02000000u
/* A read maps pages of a file within an aligned window of so many at most (mm/memory.c, fault_around_bytes). */
#define PAGES_AROUND 16

/* Records of neighbouring pages, and the first of all, since a fault may bring a huge page. */
struct page_chunk {
	__u64 key;
	__u64 first_time; /* CLOCK_MONOTONIC in ns */
	__u64 first_write_time;
	__u32 first;       /* 0: none yet */
	__u32 first_write; /* without PAGE_READ, which brings the zero page to anonymous memory */
	__u32 record[PAGES_PER_CHUNK];
};

/* Of pages that were given back. */
#define PAGES_DROPPED (~0ull)

/* Pages that mremap moved, or that were given back; pages is written last, and set to 0 by the reader. */
struct page_change {
	__u64 from; /* number of the first page */
	__u64 to;   /* likewise, after the move; PAGES_DROPPED: nowhere */
	__u64 time; /* CLOCK_MONOTONIC in ns, when the call was seen */
	__u64 pages;
};

/* What a call that changes mappings does; bits 0-7 of a probe's attach cookie, its number as in HOOK_ID_SHIFT. */
enum mapping_op {
	MAPPING_MAP = 1,      /* mmap(addr, length, prot, flags) */
	MAPPING_UNMAP = 2,    /* munmap(addr, length) */
	MAPPING_REMAP = 3,    /* mremap(old, old_length, new_length, flags) */
	MAPPING_ADVISE = 4,   /* madvise(addr, length, advice) */
	MAPPING_BREAK = 5,    /* brk(addr) */
	MAPPING_LOCK = 6,     /* mlock(addr, length) */
	MAPPING_LOCK_ALL = 7, /* mlockall(flags) */
	MAPPING_LOCK_AS = 8,  /* mlock2(addr, length, flags) */
	MAPPING_DETACH = 9,   /* shmdt(addr) */
	MAPPING_ATTACH = 10,  /* shmat(id, addr, flags) */
};

/* Their hook numbers begin here, so that an allocator's functions and these name leaf frames side by side. */
#define HOOK_MAPPING 0xff00

/* The hook number of stacks that faults begin: their first frame was executing, it is no return address. */
#define HOOK_FAULT 0xffff

/* Set before load, constant afterwards. */
struct fault_config {
	__u32 pid;         /* the process, as the PID namespace of struct config numbers it */
	__u32 page_chunks; /* at least 32 */
	__u32 changes;     /* power of two */
	__u32 numa_hints;  /* 1 when the kernel makes pages fault that are there (automatic NUMA balancing) */
	__u32 tells_zero;  /* 1 when writes to the zero page are to be told from others to present pages */
	__u32 returns;     /* 1 when returns of calls are seen as well */
	__u32 huge;        /* enum huge_faults */
};

/* What a fault on anonymous memory may bring besides its page; bits. */
enum huge_faults {
	HUGE_FAULTS = 1,  /* a huge page */
	FOLIO_FAULTS = 2, /* a smaller folio */
};

enum fault_phase {
	FAULTS_IGNORED = 0,
	FAULTS_RECORDED = 1,
	/*
	 * The last snapshot is being taken: records are added, none is dropped, and none is replaced but one of a page
	 * that was only read.
	 */
	FAULTS_CLOSING = 2,
};

/* The most there are (x86-64 with five levels). */
#define PAGE_TABLE_LEVELS 5

/* How page tables are read. */
struct page_tables {
	__u64 sample;       /* where the collector has known content, to find the rest by */
	__u64 content;      /* the 8 bytes there */
	__u64 address_mask; /* of an entry, what leads on */
	__u64 direct_map;   /* where the kernel has all memory mapped; 0: not known, tables are not read */
	__u32 levels;       /* of tables */
	__u32 reserved;
};

/* Changed while running. */
struct fault_control {
	__u64 mm;           /* the process's address space, once it was seen */
	__u32 phase;        /* enum fault_phase */
	__u32 tgid;         /* the process, as the kernel numbers it, once seen */
	__u32 execs;        /* 1 once the process executed another program */
	__u32 lock_all;     /* record of the last mlockall */
	__u64 changes;      /* noted so far */
	__u64 break_end;    /* where the heap ended after the last brk, or at the first event */
	__u64 drops;        /* how often records were dropped */
	__u32 moving;       /* calls of mremap under way */
	__u32 displaced;    /* 1 once a record went to displaced_records */
	__u64 changes_read; /* by the collector */
	__u64 moves_lost;   /* not noted, for want of room */
	__u64 drops_lost;   /* likewise */
	struct page_tables tables;
};

/* One row for each CPU; every field only grows. */
struct fault_stats {
	__u64 user;       /* faults of user code */
	__u64 kernel;     /* faults on user addresses inside system calls */
	__u64 reads;      /* of a page not present */
	__u64 writes;     /* to a page not present */
	__u64 replaced;   /* writes to a page that was present: write-protected, or the zero page */
	__u64 zero;       /* of these the zero page, with config.tells_zero */
	__u64 protection; /* other faults on present pages */
	__u64 lost;       /* the page table is full */
	__u64 no_stack;   /* the stack could not be stored */
	__u64 calls;      /* that change mappings, seen */
	__u64 calls_lost; /* whose arguments could not be kept until the return */
};

/* memstacks --mmap: what a call of the mmap family did, or is about to do. */
enum mapping_event_kind {
	EVENT_MAPPED = 1,    /* [address, address + length) is mapped anew */
	EVENT_UNMAPPING = 2, /* that range is about to go */
	EVENT_MOVING = 3,    /* that range is about to be moved or resized */
	EVENT_MOVED = 4,     /* what the thread was moving lies at address, and is length bytes long */
	EVENT_FAILED = 5,    /* what the thread was unmapping or moving stays where it was */
	EVENT_BREAK = 6,     /* the heap's end was moved from length to address */
};

/* In the order in which things happened: what goes is told before, what comes after the system call. */
struct mapping_event {
	__u32 kind;    /* enum mapping_event_kind */
	__u32 counted; /* 0: the window is draining, or another thread than config.tid called */
	__u32 flags;   /* of mmap, mremap */
	__u32 stack;   /* STACK_ID_NONE when none was asked for, or none could be stored */
	__u32 thread;
	__u32 execs; /* control.execs */
	__u32 born;  /* see LIVE_BORN_SHIFT */
	__u32 reserved;
	__u64 sp; /* at the call's entry: with the thread, which call it is */
	__u64 address;
	__u64 length; /* as asked for, in bytes */
};

/* Changed while running. */
struct mapping_control {
	__u64 calls;       /* seen */
	__u64 calls_lost;  /* whose arguments could not be kept until the return */
	__u64 events_lost; /* the ring was full */
	__u64 no_stack;    /* mappings whose stack could not be stored */
};

/* A program that the collector starts, and holds before it allocates. */
struct launch_control {
	__u32 parent; /* who starts it, as the PID namespace of struct config numbers it */
	__u32 child;  /* the program's process, likewise, once it was seen */
	__u32 execs;  /* how often it was held at an exec */
};

/* What happens to a process of the family that the collector follows. */
enum family_kind {
	FAMILY_FORKED = 1,  /* by one of the family */
	FAMILY_BORROWS = 2, /* likewise, and runs in its parent's memory until its exec (vfork, posix_spawn) */
	FAMILY_EXECED = 3,
	FAMILY_ENDED = 4,
};

/* Those of the family that live at the same time; of more, children are not seen. */
#define FAMILY_MEMBERS 16384
/* Kept until they are overwritten: the collector looks some fifty times a second. A power of two. */
#define FAMILY_EVENTS 16384

/* Processes are numbered as the PID namespace of struct config does. */
struct family_event {
	__u64 number; /* its place among all, from 1, written last */
	__u64 nanos;  /* CLOCK_MONOTONIC */
	__u32 kind;
	__u32 process;
	__u32 parent; /* of one that was forked */
	__u32 reserved;
};

struct family_control {
	__u64 events;     /* so far */
	__u64 unfollowed; /* children for which FAMILY_MEMBERS did not suffice */
};

#endif
