/* A small POSIX shell: what its files share.
 *
 *   main.c ──> parse.c ──(tree)──> run.c ──> expand.c     words become arguments
 *                │ ^                 ├─────> redirect.c   descriptors for one command
 *                v │                 ├─────> jobs.c       processes, groups, the terminal
 *              input.c (characters)  └─────> builtins.c, test.c
 *
 * variables.c and memory.c serve them all. There is no stdio here: a forked child would inherit what is still unwritten, and a buffer
 * of standard input would swallow what the commands that are run should read. */
#ifndef SH_H
#define SH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

enum {
  kError = 2, /* the status of what the shell itself refuses */
  kCannotRun = 126,
  kNotFound = 127,
  kSignalled = 128,     /* + the signal */
  kDeepest = 400,       /* levels of commands within commands */
  kOwnDescriptors = 10, /* the shell keeps its own from here on; scripts name those below */
};

/* ---- memory.c ---- */

/* Memory that is given back all at once. An arena begins as {0}. Whoever asks for memory gets it, or the shell ends with a message. */
struct arena {
  struct chunk *chunks;
};
void *arena_allocate(struct arena *arena, size_t size);
char *arena_copy(struct arena *arena, const char *text, size_t length);
void arena_free(struct arena *arena);

/* Text that grows; it begins as {0}, and has a NUL behind it as soon as anything was added. */
struct buffer {
  char *bytes;
  size_t length, capacity;
};
void buffer_add(struct buffer *buffer, const char *text, size_t length);
void buffer_free(struct buffer *buffer);
void *checked(void *memory);       /* what malloc gave, if it did */
char *copy_text(const char *text); /* for free() */

void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool write_all(int fd, const char *text, size_t length);

/* ---- the tree ---- */

struct word {
  struct word *next;
  const char *text; /* as it was written: quotes and all */
};

enum redirection_kind { kInput, kOutput, kAppend, kReadWrite, kDuplicate, kHereDocument, kHereDocumentTabs };

struct redirection {
  struct redirection *next;
  enum redirection_kind kind;
  int fd;
  const char *target;          /* a word; of a here-document the end mark, without quotes */
  const char *body;            /* of a here-document */
  bool literal;                /* … whose end mark was quoted: nothing in it is expanded */
  struct redirection *waiting; /* the next here-document of the line */
};

enum node_kind {
  kSimple,     /* assignments, words */
  kPipeline,   /* first, and those behind it (next) */
  kNot,        /* ! first */
  kList,       /* first, and those behind it: each runs as its `join` says */
  kBackground, /* first & */
  kSubshell,   /* ( first ) */
  kGroup,      /* { first } */
  kIf,         /* first; then second; else third */
  kWhile,      /* first; do second */
  kUntil,
  kFor, /* the first of words in the others (each_parameter: in "$@"); do second */
};

enum join { kAlways, kAnd, kOr };

struct node {
  enum node_kind kind;
  enum join join;
  bool each_parameter;
  struct node *next, *first, *second, *third;
  struct word *assignments, *words;
  struct redirection *redirections;
  const char *text; /* what was written, for `jobs` */
};

/* ---- input.c and parse.c ---- */

/* Where commands come from: a descriptor, or a text when fd is -1. */
struct source {
  int fd;
  const char *text;
  bool prompts;
  unsigned line; /* the number of the last one read */
};

/* Appends a line, with its newline if it has one, and takes nothing behind it: that may be for a command to read. 1, 0 at the end, -1 */
int read_line(int fd, struct buffer *line);

enum token {
  kEnd,
  kNewline,
  kWord,
  kRedirect,
  kSemicolon,
  kTwoSemicolons,
  kAmpersand,
  kTwoAmpersands,
  kBar,
  kTwoBars,
  kOpen,
  kClose,
};

struct parser {
  struct source *source;
  struct arena *arena;
  struct buffer text; /* the lines read so far */
  size_t position;    /* of the next character in it */
  size_t removed;     /* bytes that were taken out before it */
  enum token token;   /* what stands before that */
  size_t begin, end;  /* … in the text */
  size_t previous_end;
  const char *word;
  struct redirection redirection; /* its kind and fd */
  struct redirection *waiting;    /* here-documents, whose bodies begin on the next line */
  unsigned depth;
  bool failed;
};
void next_token(struct parser *parser);
void syntax_error(struct parser *parser, const char *message);
struct node *parse_list(struct parser *parser, bool one_line);
const char *unquote(struct arena *arena, const char *word);

enum parsed { kParsed, kFailed, kNoMore };
/* The next complete command; *list is NULL for an empty line. */
enum parsed parse_command(struct source *source, struct arena *arena, struct node **list);
/* The commands of a substitution, up to its `)`; or all of the text. *used: how many bytes, the `)` included. False: not well formed. */
bool parse_substitution(const char *text, bool parenthesis, struct arena *arena, struct node **list, size_t *used);

/* ---- expand.c: each returns NULL after a complaint ---- */

char **expand_words(struct arena *arena, const struct word *words, int *count); /* fields, NULL-terminated */
char *expand_text(struct arena *arena, const char *word);                       /* one field */
char *expand_here_document(struct arena *arena, const char *text);

/* ---- variables.c ---- */

const char *get_variable(const char *name);                            /* NULL: not set */
bool set_variable(const char *name, const char *value, bool exported); /* once exported, always exported */
void unset_variable(const char *name);
bool is_name(const char *text, size_t length);
size_t name_length(const char *text); /* of the name that it begins with */
char **make_environment(struct arena *arena);
void print_variables(bool exported);
void set_parameters(int count, char *const *values); /* $1 … */

/* ---- run.c ---- */

struct shell {
  bool interactive; /* prompts, and outlives errors */
  bool job_control;
  int status;              /* $? */
  int substitution_status; /* of the last $( ) */
  pid_t pid;               /* $$ */
  pid_t background;        /* $!, 0: none */
  const char *name;        /* $0 */
  char **parameters;       /* $1 … */
  int parameter_count;     /* $# */
  unsigned loops;          /* around the command that runs */
  unsigned breaking;       /* this many of them end … */
  bool continuing;         /* … but the outermost goes on with its next turn */
  unsigned depth;
  volatile sig_atomic_t interrupted; /* by ^C: everything up to the prompt ends */
};
extern struct shell shell;

/* Runs a tree; the result is its status. `last`: the process has nothing else to do and may become the program. */
int run(const struct node *node, bool last);
int run_source(struct source *source);
int run_text(const char *text);
int become_program(char **argv); /* returns only if it cannot: the status for that */
/* What commands write to standard output. */
bool capture(const struct node *list, struct buffer *output);

/* ---- redirect.c ---- */

struct saved_descriptors {
  int copies[kOwnDescriptors]; /* -1: as before; -2: was closed */
};
bool redirect(const struct redirection *list, struct saved_descriptors *saved); /* saved may be NULL */
void restore_descriptors(struct saved_descriptors *saved);
int move_up(int fd);         /* to the shell's own; -1 */
bool open_pipe(int ends[2]); /* its ends are such */

/* ---- jobs.c ---- */

void start_job_control(void);
void keep_signals(void);    /* as an interactive shell does */
void release_signals(void); /* for a program in its place */
struct job *new_job(const char *text);
pid_t fork_process(struct job *job, bool background); /* 0 in the child; -1 after a complaint. Without a job: not a job of its own */
int wait_for_job(struct job *job);                    /* in the foreground */
void leave_in_background(struct job *job);
int wait_for_process(pid_t pid);
int status_of(int wait_status);
void report_jobs(void);
bool warn_of_stopped_jobs(void);
int jobs_builtin(char **argv);
int fg_builtin(char **argv);
int bg_builtin(char **argv);
int wait_builtin(char **argv);
int kill_builtin(char **argv);

/* ---- builtins.c and test.c ---- */

struct builtin {
  const char *name;
  int (*run)(char **argv);
  bool special; /* assignments before it stay; its errors end a shell that is not interactive */
};
const struct builtin *find_builtin(const char *name);
int exec_builtin(char **argv);
int test_builtin(char **argv);

#endif
