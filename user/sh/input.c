/* Characters to tokens: reads lines as they are needed, and finds where words end. A word keeps its quotes; expand.c looks at them.
 *
 * Owns: the text of a parser. Must never: read further than the end of the line that it needs; it may be the input of the next command. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

#include "sh.h"

enum { kEndOfInput = -1 };

/* ^C ends the wait for input, even one that comes between the last look at `interrupted` and the read: so SIGINT is let in only while
 * the shell sleeps here. */
static void await_input(int fd) {
  sigset_t interrupt, before;
  fd_set input;
  int ready = -1;

  if (!shell.interactive || fd >= FD_SETSIZE) return;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  sigprocmask(SIG_BLOCK, &interrupt, &before);
  do {
    FD_ZERO(&input);
    FD_SET(fd, &input);
    if (!shell.interrupted) ready = pselect(fd + 1, &input, NULL, NULL, NULL, &before);
  } while (ready < 0 && errno == EINTR && !shell.interrupted);
  sigprocmask(SIG_SETMASK, &before, NULL);
}

int read_line(int fd, struct buffer *line) {
  bool seekable = lseek(fd, 0, SEEK_CUR) >= 0; /* then it can go back to the end of the line, else it must read byte by byte */
  size_t before = line->length;

  for (;;) {
    char block[512];
    await_input(fd);
    if (shell.interrupted) return -1;
    ssize_t got = read(fd, block, seekable ? sizeof block : 1);
    if (got < 0 && errno == EINTR && !shell.interrupted) continue;
    if (got <= 0) return got < 0 ? -1 : line->length > before;
    const char *newline = memchr(block, '\n', (size_t)got);
    ssize_t used = newline != NULL ? newline - block + 1 : got;
    if (used < got && lseek(fd, (off_t)(used - got), SEEK_CUR) < 0) return -1;
    for (ssize_t i = 0; i < used; i++) {
      if (block[i] != '\0') buffer_add(line, block + i, 1); /* a NUL cannot be part of an argument */
    }
    if (newline != NULL) return 1;
  }
}

static void prompt(const struct parser *parser) {
  const char *text = get_variable(parser->text.length == 0 ? "PS1" : "PS2");
  struct arena arena = {0};

  if (text != NULL) text = expand_here_document(&arena, text);
  if (text != NULL) write_all(STDERR_FILENO, text, strlen(text));
  arena_free(&arena);
}

/* Another line. False at the end of input, or after ^C. */
static bool more(struct parser *parser) {
  struct source *source = parser->source;
  int got = 1;

  if (parser->failed) return false;
  if (source->fd < 0) {
    size_t length = strcspn(source->text, "\n");
    if (source->text[length] == '\n') length++;
    buffer_add(&parser->text, source->text, length);
    source->text += length;
    got = length > 0;
  } else {
    if (source->prompts) prompt(parser);
    got = read_line(source->fd, &parser->text);
    if (got < 0 && !shell.interrupted) complain("cannot read commands: %s", strerror(errno));
  }
  if (shell.interrupted) parser->failed = true;
  source->line += got > 0;
  return got > 0 && !parser->failed;
}

/* The character at the position, as it is. */
static int peek_raw(struct parser *parser) {
  if (parser->failed) return kEndOfInput;
  while (parser->position == parser->text.length) {
    if (!more(parser)) return kEndOfInput;
  }
  return (unsigned char)parser->text.bytes[parser->position];
}

/* … where a backslash joins a line to the next: both go. */
static int peek(struct parser *parser) {
  int c;

  while ((c = peek_raw(parser)) == '\\') {
    char *at = parser->text.bytes + parser->position;
    if (at[1] != '\n') break;
    memmove(at, at + 2, parser->text.length - parser->position - 1); /* the NUL, too */
    parser->text.length -= 2;
    parser->removed += 2;
  }
  return c;
}

static bool accept(struct parser *parser, char c) {
  if (peek(parser) != c) return false;
  parser->position++;
  return true;
}

void syntax_error(struct parser *parser, const char *message) {
  if (!parser->failed && !shell.interrupted) complain("line %u: syntax error: %s", parser->source->line, message);
  parser->failed = true;
  parser->token = kEnd;
}

/* $( … ): the commands are parsed, only to find their end. */
static void skip_commands(struct parser *parser) {
  enum token token = parser->token;
  size_t begin = parser->begin, end = parser->previous_end;

  if (++parser->depth > kDeepest) syntax_error(parser, "nested too deeply");
  next_token(parser);
  parse_list(parser, false);
  if (parser->token != kClose) syntax_error(parser, "`)' expected");
  parser->depth--;
  parser->token = token;
  parser->begin = begin;
  parser->previous_end = end;
}

static void skip_piece(struct parser *parser, bool quoted);

/* To the closing character, and over it. `quoted`: between " and ". */
static void skip_to(struct parser *parser, char close, bool quoted) {
  if (++parser->depth > kDeepest) syntax_error(parser, "nested too deeply");
  for (;;) {
    int c = close == '\'' ? peek_raw(parser) : peek(parser);
    if (c == kEndOfInput) syntax_error(parser, "unterminated quotes or braces");
    if (c == kEndOfInput || c == close) break;
    if (close == '\'' || (close == '`' && c != '\\')) {
      parser->position++;
    } else {
      skip_piece(parser, quoted);
    }
  }
  if (!parser->failed) parser->position++;
  parser->depth--;
}

/* One character of a word, or all that it opens. */
static void skip_piece(struct parser *parser, bool quoted) {
  int c = peek(parser);

  parser->position++;
  if (c == '\\') {
    if (peek_raw(parser) != kEndOfInput) parser->position++;
  } else if (c == '\'' && !quoted) {
    skip_to(parser, '\'', false);
  } else if (c == '"') {
    skip_to(parser, '"', true);
  } else if (c == '`') {
    skip_to(parser, '`', quoted);
  } else if (c == '$' && accept(parser, '{')) {
    skip_to(parser, '}', quoted);
  } else if (c == '$' && accept(parser, '(')) {
    if (peek(parser) == '(') {
      syntax_error(parser, "there is no arithmetic here (for a subshell write `$( (')");
    } else {
      skip_commands(parser);
    }
  }
}

static void read_word(struct parser *parser) {
  size_t begin = parser->position;

  for (int c = peek(parser); c != kEndOfInput && strchr(" \t\n;&|<>()", c) == NULL; c = peek(parser)) skip_piece(parser, false);
  parser->token = parser->failed ? kEnd : kWord;
  parser->word = arena_copy(parser->arena, parser->text.bytes + begin, parser->position - begin);
}

/* `c` was < or >. */
static void read_redirection(struct parser *parser, int c, int fd) {
  struct redirection *redirection = &parser->redirection;

  parser->token = kRedirect;
  *redirection = (struct redirection){.kind = c == '<' ? kInput : kOutput, .fd = fd >= 0 ? fd : c == '>'};
  if (accept(parser, '&')) {
    redirection->kind = kDuplicate;
  } else if (c == '>') {
    if (accept(parser, '>')) {
      redirection->kind = kAppend;
    } else {
      accept(parser, '|');
    }
  } else if (accept(parser, '>')) {
    redirection->kind = kReadWrite;
  } else if (accept(parser, '<')) {
    redirection->kind = accept(parser, '-') ? kHereDocumentTabs : kHereDocument;
  }
}

/* The bodies of the line's here-documents: whole lines, up to the one that is the end mark, or to the end of the input. */
static void read_here_documents(struct parser *parser) {
  for (; parser->waiting != NULL; parser->waiting = parser->waiting->waiting) {
    struct redirection *document = parser->waiting;
    struct buffer body = {0};
    while (peek_raw(parser) != kEndOfInput) {
      const char *line = parser->text.bytes + parser->position;
      size_t length = strcspn(line, "\n"), all = length + (line[length] == '\n');
      parser->position += all;
      while (document->kind == kHereDocumentTabs && *line == '\t') line++, length--, all--;
      if (length == strlen(document->target) && memcmp(line, document->target, length) == 0) break;
      buffer_add(&body, line, all);
    }
    document->body = arena_copy(parser->arena, body.bytes != NULL ? body.bytes : "", body.length);
    buffer_free(&body);
  }
}

static enum token operator_token(struct parser *parser, int c) {
  switch (c) {
    case '\n': read_here_documents(parser); return kNewline;
    case ';': return accept(parser, ';') ? kTwoSemicolons : kSemicolon;
    case '&': return accept(parser, '&') ? kTwoAmpersands : kAmpersand;
    case '|': return accept(parser, '|') ? kTwoBars : kBar;
    case '(': return kOpen;
    default: return kClose;
  }
}

static bool is_redirection(int c) { return c == '<' || c == '>'; }

void next_token(struct parser *parser) {
  int c;

  parser->previous_end = parser->end;
  while ((c = peek(parser)) == ' ' || c == '\t' || c == '#') {
    parser->position++;
    while (c == '#' && peek_raw(parser) != '\n' && peek_raw(parser) != kEndOfInput) parser->position++;
  }
  parser->begin = parser->position;
  if (c == kEndOfInput) {
    parser->token = kEnd;
  } else if (is_redirection(c)) {
    parser->position++;
    read_redirection(parser, c, -1);
  } else if (strchr("\n;&|()", c) != NULL) {
    parser->position++;
    parser->token = operator_token(parser, c);
  } else if (isdigit(c) && is_redirection(parser->text.bytes[parser->position + 1])) {
    parser->position += 2;
    read_redirection(parser, parser->text.bytes[parser->position - 1], c - '0');
  } else {
    read_word(parser);
  }
  parser->end = parser->position;
}
