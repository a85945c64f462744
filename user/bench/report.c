/* What was measured, as a table for people or for programs. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct row {
  const char *key, *what;
  long must, aims;
  int base;
} rows[kKeys] = {
#define ROW(enumerator, ...) {__VA_ARGS__},
#include "rows.h"
#undef ROW
};

enum key key_of(const char *name) {
  for (int i = 0; i < kKeys; i++)
    if (strcmp(rows[i].key, name) == 0) return (enum key)i;
  fprintf(stderr, "bench: --only %s: there is no such row; bench --tsv lists them\n", name);
  exit(2);
}

/* `percent` more than the base row may cost, where there is one. */
static long goal(const struct row *row, long absolute, int percent) {
  return row->base == kNone ? absolute : state.median[row->base] * (100 + percent) / 100;
}

static int ticks_are_instructions(void) { return state.median[kCalibration] >= 999000 && state.median[kCalibration] <= 1001000; }

static const char *verdict(const struct row *row, long median) {
  long must = goal(row, row->must, 5), aims = goal(row, row->aims, 1);

  if (must == 0 || !ticks_are_instructions()) return "";
  return median <= aims ? "aim reached" : median <= must ? "reached" : "MISSED";
}

static void print_tsv(const struct row *row, int i) {
  printf("%s\t%s\t%ld\t%ld\t%ld\t%ld\t%ld\t%ld", row->key, row->what, state.median[i], state.least[i], state.most[i],
         goal(row, row->must, 5), goal(row, row->aims, 1), state.operations[i]);
  for (int e = 0; e < kEvents; e++) {
    if (state.counted[i])
      printf("\t%ld", state.events[i][e]);
    else
      printf("\t-");
  }
  printf("\n");
}

int report(void) {
  int missed = 0;

  if (state.tsv) {
    printf("key\twhat\tmedian\tleast\tmost\tmust\taims\toperations"
#define EVENT(name, member) "\t" name
           EVENTS(EVENT) "\n");
#undef EVENT
  } else {
    printf("A loop of 1,000,001 instructions takes %ld ticks%s. Each row: the median, the least and the most; Kine's goals.\n\n",
           state.median[kCalibration], ticks_are_instructions() ? ": the ticks are instructions" : "");
    printf("%-50s %11s %11s %11s %9s %9s\n", "operation", "median", "least", "most", "must", "aims");
  }
  for (int i = 0; i < kKeys; i++) {
    const struct row *row = &rows[i];
    if (state.most[i] == 0) continue;
    const char *result = verdict(row, state.median[i]);
    missed += strcmp(result, "MISSED") == 0;
    if (state.tsv)
      print_tsv(row, i);
    else
      printf("%-50s %11ld %11ld %11ld %9ld %9ld %s\n", row->what, state.median[i], state.least[i], state.most[i], goal(row, row->must, 5),
             goal(row, row->aims, 1), result);
  }
  if (!state.check) return 0;
  if (!ticks_are_instructions()) {
    fprintf(stderr, "bench: --check: a tick is not an instruction here; run it by tools/run --icount\n");
    return 1;
  }
  return missed > 0;
}
