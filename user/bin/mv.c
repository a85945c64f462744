/* mv FROM … TO: gives files another name, or moves them into a directory. Only within one server: nothing is ever copied. */
#include "target.h"

static bool move(const char *from, const char *to) { return rename(from, to) == 0; }

int main(int argc, char *argv[]) { return for_each_target("mv", argc - 1, argv + 1, move); }
