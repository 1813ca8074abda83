/*
 * Functions that only call each other, in chains of 112, the last of which calls chain_end. So many (44,800) that the
 * rules of their return addresses cannot all be remembered. Each has 128 bytes and a frame of 96, as compiled code has
 * on average, and entering a chain at a later function makes a stack of fewer frames.
 */
	.text
	.globl chains
	.type chains, @function
	.p2align 7
chains:
	.rept 400
	.rept 111
1:	.cfi_startproc
	subq $88, %rsp
	.cfi_adjust_cfa_offset 88
	call 1f
	addq $88, %rsp
	.cfi_adjust_cfa_offset -88
	ret
	.cfi_endproc
	.p2align 7
	.endr
1:	.cfi_startproc
	subq $88, %rsp
	.cfi_adjust_cfa_offset 88
	call chain_end
	addq $88, %rsp
	.cfi_adjust_cfa_offset -88
	ret
	.cfi_endproc
	.p2align 7
	.endr
	.size chains, . - chains
	.section .note.GNU-stack, "", @progbits
