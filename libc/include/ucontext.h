/* The state of a thread that a signal interrupted, as Linux's kernel puts it on the stack. A handler may change it. */
#ifndef _UCONTEXT_H
#define _UCONTEXT_H

#include <signal.h>
#include <stdint.h>

enum {
  REG_R8,
  REG_R9,
  REG_R10,
  REG_R11,
  REG_R12,
  REG_R13,
  REG_R14,
  REG_R15,
  REG_RDI,
  REG_RSI,
  REG_RBP,
  REG_RBX,
  REG_RDX,
  REG_RAX,
  REG_RCX,
  REG_RSP,
  REG_RIP,
  REG_EFL,
  REG_CSGSFS, /* four 16-bit selectors: cs, gs, fs, ss */
  REG_ERR,
  REG_TRAPNO,
  REG_OLDMASK,
  REG_CR2,
  NGREG
};

#define FP_XSTATE_MAGIC1 0x46505853u

typedef long long greg_t;
typedef greg_t gregset_t[NGREG];

struct _libc_fpstate { /* what fxsave writes; behind it come further bytes only if __reserved[12] is FP_XSTATE_MAGIC1 */
  uint16_t cwd, swd, ftw, fop;
  uint64_t rip, rdp;
  uint32_t mxcsr, mxcr_mask;
  struct {
    uint16_t significand[4], exponent, __pad[3];
  } _st[8];
  struct {
    uint32_t element[4];
  } _xmm[16];
  uint32_t __reserved[24];
};
typedef struct _libc_fpstate *fpregset_t;

typedef struct {
  gregset_t gregs;
  fpregset_t fpregs; /* on the same stack */
  unsigned long long __reserved[8];
} mcontext_t;

typedef struct ucontext_t {
  unsigned long uc_flags;
  struct ucontext_t *uc_link;
  stack_t uc_stack;
  mcontext_t uc_mcontext;
  sigset_t uc_sigmask; /* the mask that the return brings back */
} ucontext_t;

#endif
