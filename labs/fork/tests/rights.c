/* The same accesses as in lab cow. */
#include "../../cow/tests/rights.c"
