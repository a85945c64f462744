/* livemap: the physical memory and the processes' page tables, drawn beside the console for as long as the machine runs.
 *
 * init starts it when there is a display. It looks with the right to statistics, and draws on the display's own memory, through the rights
 * that init gives it (server.h): nothing in the kernel knows of it. A round goes
 *
 *     look      every frame's record (KINE_FRAMES), every process (KINE_PROCESS), every page table (KINE_TABLE), from each root down
 *     classify  a page or table is a process's own only if nobody shares it or a table above it: so the walk carries that along
 *     draw      into ordinary memory, then to the display, 64 KiB at a time
 *
 * What it looks at changes meanwhile: a table that has gone is left out, and the next round shows it right. It shows itself, too. */
#include <errno.h>
#include <kine.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "server.h"

/* --- The display: QEMU's standard VGA (docs/specs/standard-vga in QEMU's sources; IBM VGA technical reference) --- */

enum { kWidth = 1280, kHeight = 800, kBank = 65536 };
enum { kGlyphWidth = 8, kGlyphHeight = 16, kGlyphs = 256, kGlyphStride = 32 };
enum { kSequencer = 0x3c4, kPaletteIndex = 0x3c8, kPaletteData = 0x3c9, kGraphics = 0x3ce };
/* The Bochs display interface: 16-bit registers. */
enum { kVbeIndex = 0x1ce, kVbeData = 0x1cf };
enum { kVbeId, kVbeXres, kVbeYres, kVbeDepth, kVbeEnable, kVbeBank };
enum { kVbeIds = 0xb0c0, kVbeIdMask = 0xfff0, kVbeOn = 0x01 };

enum colour { kBack, kConsoleBack, kText, kDim, kFree, kPrivate, kShared, kTable, kSharedTable, kKernel, kAbsent, kColours };

/* Apart for colour-blind eyes: hues of Okabe and Ito's palette, and of different lightness. */
static const uint32_t palette[kColours] = {
    [kBack] = 0x14181d,        [kConsoleBack] = 0x000000, [kText] = 0xe8e8e8,   [kDim] = 0x8a929c,
    [kFree] = 0x2b323a,        [kPrivate] = 0xe69f00,     [kShared] = 0x56b4e9, [kTable] = 0xd55e00,
    [kSharedTable] = 0xf0e442, [kKernel] = 0x8f7aa8,      [kAbsent] = 0x14181d,
};

static uint8_t font[kGlyphs][kGlyphStride];
static uint8_t picture[kHeight][kWidth];
static volatile uint8_t *window; /* 64 KiB of the display's memory: the bank that was chosen last */

static void out16(uint16_t port, uint16_t value) { __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port)); }
static uint16_t in16(uint16_t port) {
  uint16_t value;
  __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}
static void set_register(uint16_t port, uint8_t index, uint8_t value) {
  out8(port, index);
  out8(port + 1, value);
}
static void set_vbe(uint16_t index, uint16_t value) {
  out16(kVbeIndex, index);
  out16(kVbeData, value);
}

/* The font of the text mode lies in the VGA's plane 2, where the firmware has put it. */
static void read_font(void) {
  set_register(kSequencer, 4, 0x06); /* planes, not odd and even */
  set_register(kGraphics, 4, 2);     /* read plane 2 … */
  set_register(kGraphics, 5, 0x00);  /* … as it is … */
  set_register(kGraphics, 6, 0x04);  /* … at 0xa0000 */
  for (unsigned i = 0; i < sizeof font; i++) ((uint8_t *)font)[i] = window[i];
}

/* False: there is no such display, or no right to it. */
static bool open_display(void) {
  if (kine_io(kMapPorts) != 0 || kine_io(kMapVbe) != 0) return false;
  out16(kVbeIndex, kVbeId);
  window = kine_map(kMapMemory);
  if ((in16(kVbeData) & kVbeIdMask) != kVbeIds || window == MAP_FAILED) return false;
  read_font();
  set_vbe(kVbeEnable, 0);
  set_vbe(kVbeXres, kWidth);
  set_vbe(kVbeYres, kHeight);
  set_vbe(kVbeDepth, 8);
  set_vbe(kVbeEnable, kVbeOn);
  out8(kPaletteIndex, 0);
  for (unsigned colour = 0; colour < kColours; colour++) /* 6 bits of each of red, green, blue */
    for (int shift = 16; shift >= 0; shift -= 8) out8(kPaletteData, (uint8_t)(palette[colour] >> shift & 0xff) >> 2);
  return true;
}

static void show_picture(void) {
  for (size_t at = 0; at < sizeof picture; at += kBank) {
    const size_t rest = sizeof picture - at;

    set_vbe(kVbeBank, (uint16_t)(at / kBank));
    memcpy((void *)window, (uint8_t *)picture + at, rest < kBank ? rest : kBank);
  }
}

/* --- Drawing --- */

static void fill(unsigned x, unsigned y, unsigned width, unsigned height, enum colour colour) {
  for (unsigned row = y; row < y + height; row++) memset(&picture[row][x], colour, width);
}

static void draw_glyph(unsigned x, unsigned y, uint8_t glyph, enum colour colour) {
  for (unsigned row = 0; row < kGlyphHeight; row++)
    for (unsigned column = 0; column < kGlyphWidth; column++)
      if (font[glyph][row] & 0x80 >> column) picture[y + row][x + column] = (uint8_t)colour;
}

static __attribute__((format(printf, 4, 5))) void draw_text(unsigned x, unsigned y, enum colour colour, const char *format, ...) {
  char line[kWidth / kGlyphWidth + 1];
  va_list arguments;

  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  for (const char *at = line; *at != '\0' && x + kGlyphWidth <= kWidth; at++, x += kGlyphWidth) draw_glyph(x, y, (uint8_t)*at, colour);
}

/* --- Looking --- */

enum { kPage = 4096, kFramesMax = 1 << 20, kEntries = 512, kLevels = 4, kProcessesMax = 256, kBarsMax = 256 };
/* Bits of an entry of a page table (Intel SDM vol. 3A, 4.5). */
enum { kPresent = 1 };
#define FRAME_OF(entry) ((entry) >> 12 & 0xffffffffffull)

/* A table of a process, as the picture shows it. */
struct bar {
  uint8_t level;
  bool shared;
};
struct seen {
  struct kine_process process;
  unsigned depth; /* below init */
  unsigned tables;
  struct bar bars[kBarsMax]; /* the first tables, from the root down, each before what it leads to */
};

static struct kine_frame frames[kFramesMax] __attribute__((aligned(kPage)));
static uint8_t colours[kFramesMax]; /* enum colour, for each frame */
static uint64_t frame_count;
static struct seen seen[kProcessesMax];
static unsigned seen_count;
static struct kine_statistics statistics;

static void look_at_frames(void) {
  int got;

  for (frame_count = 0; frame_count < kFramesMax; frame_count += (uint64_t)got) {
    got = kine_frames(kMapStatistics, frame_count, frames + frame_count);
    if (got <= 0) break;
  }
  for (uint64_t i = 0; i < frame_count; i++) {
    static const uint8_t colour_of[] = {
        [KINE_FRAME_ABSENT] = kAbsent, [KINE_FRAME_FREE] = kFree,  [KINE_FRAME_ZEROED] = kFree,
        [KINE_FRAME_PAGE] = kKernel, /* until a process is found that maps it */
        [KINE_FRAME_TABLE] = kTable,   [KINE_FRAME_ROOT] = kTable, [KINE_FRAME_KERNEL] = kKernel,
    };
    colours[i] = colour_of[frames[i].kind];
  }
}

static void walk(struct seen *of, uint64_t table, unsigned level, bool shared) {
  static uint64_t tables[kLevels][kEntries] __attribute__((aligned(kPage))); /* one of each level at a time */
  uint64_t *const entries = tables[level];

  if (table >= frame_count) return;
  shared = shared || frames[table].references > 1;
  if (of->tables < kBarsMax) of->bars[of->tables] = (struct bar){(uint8_t)level, shared};
  of->tables++;
  /* A shared table was walked for another process, perhaps. Its pages are known then. */
  const bool known = level == 0 && colours[table] == kSharedTable;
  if (shared) colours[table] = kSharedTable;
  if (known || kine_table(kMapStatistics, table, entries) != 0) return;
  for (unsigned i = 0; i < kEntries; i++) {
    const uint64_t frame = FRAME_OF(entries[i]);
    if (!(entries[i] & kPresent) || frame >= frame_count) continue;
    if (level > 0)
      walk(of, frame, level - 1, shared);
    else
      colours[frame] = shared || frames[frame].references > 1 ? kShared : kPrivate;
  }
}

static unsigned depth_of(int parent) {
  for (unsigned i = 0; i < seen_count; i++)
    if (seen[i].process.pid == parent) return seen[i].depth + 1;
  return 0;
}

static void look_at_processes(void) {
  struct kine_process process;

  seen_count = 0;
  for (int pid = 1; kine_process(kMapStatistics, pid, &process) == 0; pid = process.pid + 1) {
    static struct seen beyond;
    struct seen *of = seen_count < kProcessesMax ? &seen[seen_count] : &beyond;
    *of = (struct seen){.process = process, .depth = depth_of(process.parent)};
    if (process.root != 0) walk(of, process.root, kLevels - 1, false);
    seen_count += seen_count < kProcessesMax;
  }
}

/* --- The picture --- */

enum { kMargin = 16, kTitle = 24, kColumns = 80, kRows = 25 };
enum { kLeft = kMargin, kTop = kMargin + kTitle, kConsoleWidth = kColumns * kGlyphWidth, kConsoleHeight = kRows * kGlyphHeight };
enum {
  kMapLeft = kLeft + kConsoleWidth + 2 * kMargin,
  kCell = 3,
  kMapColumns = 192,
  kCellsMax = 32832,
  kMapRows = kCellsMax / kMapColumns
};
enum { kLegendTop = kTop + kMapRows * kCell + kMargin, kTreeTop = kTop + kConsoleHeight + kMargin };

static void draw_console(void) {
  static uint16_t cells[kRows * kColumns + 1]; /* a character and its colours, which are always the same; the cursor's place */

  read(kMapCells, cells, sizeof cells); /* the console may be starting again: then they are as they were */
  draw_text(kLeft, kMargin, kDim, "The console");
  fill(kLeft, kTop, kConsoleWidth, kConsoleHeight, kConsoleBack);
  for (unsigned i = 0; i < kRows * kColumns; i++)
    draw_glyph(kLeft + i % kColumns * kGlyphWidth, kTop + i / kColumns * kGlyphHeight, (uint8_t)cells[i], kText);
  const unsigned cursor = cells[kRows * kColumns];
  fill(kLeft + cursor % kColumns * kGlyphWidth, kTop + cursor / kColumns * kGlyphHeight + kGlyphHeight - 2, kGlyphWidth, 2, kText);
}

/* A cell is a frame, or a group of them; then it shows what is most worth seeing of them. */
static void draw_map(void) {
  static const uint8_t worth[kColours] = {[kFree] = 1, [kKernel] = 2, [kShared] = 3, [kPrivate] = 4, [kSharedTable] = 5, [kTable] = 6};
  uint64_t group = 1;

  while (frame_count > group * kCellsMax) group *= 2;
  draw_text(kMapLeft, kMargin, kDim, "Physical memory, %lu MiB: a cell is %lu KiB", (frame_count + 128) >> 8, group * 4);
  for (uint64_t cell = 0; cell * group < frame_count; cell++) {
    uint8_t colour = kAbsent;
    for (uint64_t frame = cell * group; frame < (cell + 1) * group && frame < frame_count; frame++)
      if (worth[colours[frame]] > worth[colour]) colour = colours[frame];
    fill(kMapLeft + (unsigned)(cell % kMapColumns) * kCell, kTop + (unsigned)(cell / kMapColumns) * kCell, kCell - 1, kCell - 1, colour);
  }
}

static void draw_legend(void) {
  static const struct {
    enum colour colour;
    const char *text;
  } legend[] = {
      {kPrivate, "page of one process"}, {kTable, "table of one process"},       {kFree, "free"},
      {kShared, "page that is shared"},  {kSharedTable, "table that is shared"}, {kKernel, "kernel, boot archive"},
  };
  enum { kSwatch = 12, kLine = 20, kPerColumn = 3, kColumnWidth = 288 };
  unsigned long counts[kColours] = {0};

  for (uint64_t i = 0; i < frame_count; i++) counts[colours[i]]++;
  for (unsigned i = 0; i < sizeof legend / sizeof legend[0]; i++) {
    const unsigned x = kMapLeft + i / kPerColumn * kColumnWidth, y = kLegendTop + i % kPerColumn * kLine;
    fill(x, y + 2, kSwatch, kSwatch, legend[i].colour);
    draw_text(x + kSwatch + kGlyphWidth, y, kText, "%s", legend[i].text);
    draw_text(x + kColumnWidth - 7 * kGlyphWidth, y, kDim, "%6lu", counts[legend[i].colour]);
  }
}

static void draw_counters(void) {
  const struct kine_events *events = &statistics.machine;
  const unsigned long used = statistics.frames_total - statistics.frames_free;
  enum { kLine = 20, kSecond = kMapLeft + 288, kTopLine = kLegendTop + 4 * kLine };

  draw_text(kMapLeft, kTopLine, kText, "%lu of %lu frames are used", used, statistics.frames_total);
  draw_text(kMapLeft, kTopLine + kLine, kText, "%lu forks, %lu execs", events->forks, events->execs);
  draw_text(kMapLeft, kTopLine + 2 * kLine, kText, "%lu page faults, %lu messages", events->faults, statistics.messages);
  draw_text(kSecond, kTopLine, kText, "%lu pages copied", events->pages_copied);
  draw_text(kSecond, kTopLine + kLine, kText, "%lu page tables copied", events->tables_copied);
  draw_text(kSecond, kTopLine + 2 * kLine, kText, "%lu taken back without a copy", events->faults_reuse);
}

/* A line for each process: its pages, and its page tables as bars, the root first and highest, each table before those that it leads to. */
static void draw_trees(void) {
  enum { kLine = 18, kPages = kLeft + 22 * kGlyphWidth, kBars = kPages + 16 * kGlyphWidth, kBar = 4, kHighest = 14, kLower = 3 };
  enum { kFit = (kLeft + kConsoleWidth - kBars) / kBar, kLinesFit = (kHeight - kMargin - kTreeTop) / kLine - 2 };
  const unsigned lines = seen_count <= kLinesFit ? seen_count : kLinesFit;

  draw_text(kLeft, kTreeTop, kDim, "Processes");
  draw_text(kPages, kTreeTop, kDim, "   OWN SHARED  page tables, from the root down");
  for (unsigned i = 0; i < lines; i++) {
    const struct seen *of = &seen[i];
    const struct kine_process *process = &of->process;
    const unsigned y = kTreeTop + (i + 1) * kLine + 4;
    draw_text(kLeft, y, kText, "%4d %*s%s", process->pid, (int)(2 * (of->depth < 3 ? of->depth : 3)), "", process->name);
    fill(kPages, y, kBars - kPages, kGlyphHeight, kBack); /* a long name ends here */
    draw_text(kPages, y, kText, "%6lu %6lu", process->frames_private, process->frames_cow + process->frames_shared);
    for (unsigned bar = 0; bar < of->tables && bar < kFit; bar++) {
      const unsigned height = kHighest - kLower * (kLevels - 1u - of->bars[bar].level);
      fill(kBars + bar * kBar, y + kHighest - height, kBar - 1, height, of->bars[bar].shared ? kSharedTable : kTable);
    }
  }
  if (seen_count > lines) draw_text(kLeft, kTreeTop + (lines + 1) * kLine + 4, kDim, "     and others");
}

int main(void) {
  const struct timespec between = {.tv_nsec = 100000000};

  if (!open_display()) {
    fprintf(stderr, "livemap: no display that it has a right to; init starts it if there is one\n");
    return 1;
  }
  for (;;) {
    kine_statistics(kMapStatistics, &statistics);
    look_at_frames();
    look_at_processes();
    memset(picture, kBack, sizeof picture);
    draw_console();
    draw_map();
    draw_legend();
    draw_counters();
    draw_trees();
    show_picture();
    nanosleep(&between, NULL);
  }
}
