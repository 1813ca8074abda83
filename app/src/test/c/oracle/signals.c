/* Signal handlers that allocate: sent, caused by an instruction, nested, and on a stack of their own. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>
#include <unistd.h>

#include "oracle.h"

/*
 * Two functions side by side. The first ends, with a frame of its own, in a call that does not return; the second
 * is interrupted at its very first byte: looked up one byte earlier, its frame would be taken for the other's.
 */
void trap_with_frame(void);
void trap_at_first_byte(void);
__asm__(".text\n"
	".type trap_with_frame, @function\n"
	".globl trap_with_frame\n"
	"trap_with_frame:\n"
	".cfi_startproc\n"
	"	pushq %rbx\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.cfi_offset %rbx, -16\n"
	"	subq $48, %rsp\n"
	"	.cfi_def_cfa_offset 64\n"
	"	call trap_at_first_byte\n"
	"	ud2\n"
	"	addq $48, %rsp\n"
	"	.cfi_def_cfa_offset 16\n"
	"	popq %rbx\n"
	"	.cfi_def_cfa_offset 8\n"
	"	ret\n"
	"	subq $96, %rsp\n"
	"	.cfi_def_cfa_offset 104\n"
	"	ud2\n"
	".cfi_endproc\n"
	".size trap_with_frame, . - trap_with_frame\n"
	".type trap_at_first_byte, @function\n"
	".globl trap_at_first_byte\n"
	"trap_at_first_byte:\n"
	".cfi_startproc\n"
	"	ud2\n"
	"	ret\n"
	".cfi_endproc\n"
	".size trap_at_first_byte, . - trap_at_first_byte\n");

#define TRAP_BYTES 2

OWN static void in_handler(size_t size)
{
	oracle_sink = take(size);
}

static void skip_trap(int signal, siginfo_t *info, void *context)
{
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += TRAP_BYTES;
	in_handler((size_t)(3000 + signal));
	oracle_sink = info;
}

static sigjmp_buf back;

static void jump_back(int signal)
{
	in_handler((size_t)(3100 + signal));
	siglongjmp(back, 1);
}

static void allocate(int signal)
{
	in_handler((size_t)(3200 + signal));
}

static void raise_another(int signal)
{
	raise(SIGUSR2);
	in_handler((size_t)(3300 + signal));
}

static void on(int signal, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	sigaction(signal, &action, NULL);
}

OWN static void store_to_nowhere(int *volatile *where)
{
	**where = 1;
}

OWN static void send(int depth, int signal)
{
	volatile char some[64];

	some[0] = (char)depth;
	if (depth)
		send(depth - 1, signal);
	else
		raise(signal);
	oracle_sink = (void *)(size_t)some[0];
}

OWN static void traps(void)
{
	struct sigaction action = { .sa_sigaction = skip_trap, .sa_flags = SA_SIGINFO };
	int *volatile nowhere = NULL;

	sigaction(SIGILL, &action, NULL);
	trap_at_first_byte();
	trap_with_frame();
	action.sa_flags |= SA_ONSTACK;
	sigaction(SIGILL, &action, NULL);
	trap_with_frame();
	on(SIGSEGV, jump_back, SA_ONSTACK);
	if (!sigsetjmp(back, 1))
		store_to_nowhere(&nowhere);
	on(SIGSEGV, jump_back, 0);
	if (!sigsetjmp(back, 1))
		store_to_nowhere(&nowhere);
}

OWN static void sent(int flags)
{
	on(SIGUSR2, allocate, flags);
	on(SIGHUP, raise_another, flags);
	send(0, SIGUSR2);
	send(3, SIGUSR2);
	send(2, SIGHUP);
}

void signal_scenarios(void)
{
	static char other_stack[1 << 16];
	stack_t stack = { .ss_sp = other_stack, .ss_size = sizeof(other_stack) };

	sigaltstack(&stack, NULL);
	traps();
	sent(0);
	sent(SA_ONSTACK);
	oracle_sink = take(3999);
}
