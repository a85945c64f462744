/* Words to arguments: parameters, substitutions, quotes; then splitting into fields, and file names in place of patterns.
 *
 * A word is first expanded into text in which every byte has a mark that says where it came from: only what an expansion outside quotes
 * gave is split, and only what is not quoted can be a pattern. Example, with x='a *':
 *
 *     pre$x"$x"   ──>   text   p r e a   * a   *    ──>  prea, and whatever *'a *' matches
 *                       marks  l l l e e e q q q
 *
 * Must never: have an effect (assign, run a command) in the part of ${ } that is not used. */
#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sh.h"

enum mark { kLiteral = 'l', kExpanded = 'e', kQuoted = 'q', kBreak = 'b' /* between fields */, kNothing = 'n' /* '' */ };

struct expansion {
  struct buffer text, marks;
  unsigned unused; /* > 0: within a part that is only skipped */
  unsigned depth;
  bool one_field;
  bool here_document; /* a " is only a " */
  bool empty_list;    /* there was a "$@" without parameters */
  bool failed;
};

static const char *expand_piece(struct expansion *e, const char *s, enum mark mark, char stop);

static void put(struct expansion *e, const char *text, size_t length, enum mark mark) {
  if (e->unused > 0) return;
  buffer_add(&e->text, text, length);
  for (size_t i = 0; i < length; i++) buffer_add(&e->marks, &(char){(char)mark}, 1);
}

static void put_break(struct expansion *e) { put(e, " ", 1, kBreak); }
static void put_nothing(struct expansion *e) { put(e, " ", 1, kNothing); }

static void fail(struct expansion *e, const char *what, size_t length, const char *why) {
  if (!e->failed) complain("%.*s: %s", (int)(length > 200 ? 200 : length), what, why);
  e->failed = true;
}

/* Expands up to the stop character or the end, and returns where that is. */
static const char *expand_until(struct expansion *e, const char *s, char stop, enum mark mark) {
  if (++e->depth > kDeepest) fail(e, "word", 4, "nested too deeply");
  while (!e->failed && *s != '\0' && *s != stop) s = expand_piece(e, s, mark, stop);
  e->depth--;
  return s;
}

/* ---- $( ) and ` ` ---- */

static void put_output(struct expansion *e, const struct node *list, enum mark mark) {
  struct buffer output = {0};

  if (e->unused == 0) {
    if (!capture(list, &output)) e->failed = true;
    while (output.length > 0 && output.bytes[output.length - 1] == '\n') output.length--;
    put(e, output.bytes, output.length, mark);
  }
  buffer_free(&output);
}

static const char *expand_commands(struct expansion *e, const char *s, enum mark mark) {
  struct arena arena = {0};
  struct node *list;
  size_t used;

  if (parse_substitution(s, true, &arena, &list, &used)) {
    put_output(e, list, mark);
  } else {
    e->failed = true;
  }
  arena_free(&arena);
  return s + used;
}

/* Between backquotes a backslash may stand before ` $ \ (and before " within "). */
static const char *expand_backquotes(struct expansion *e, const char *s, enum mark mark) {
  struct buffer commands = {0};
  struct arena arena = {0};
  struct node *list;
  size_t used;

  for (; *s != '\0' && *s != '`'; s++) {
    if (*s == '\\' && s[1] != '\0' && strchr(mark == kQuoted ? "`$\\\"" : "`$\\", s[1]) != NULL) s++;
    buffer_add(&commands, s, 1);
  }
  if (*s != '`') {
    fail(e, "`", 1, "unterminated");
  } else if (parse_substitution(commands.bytes != NULL ? commands.bytes : "", false, &arena, &list, &used)) {
    put_output(e, list, mark);
  } else {
    e->failed = true;
  }
  buffer_free(&commands);
  arena_free(&arena);
  return *s == '`' ? s + 1 : s;
}

/* ---- $name and ${name} ---- */

/* How many bytes of s name a parameter: a name, digits (one, unless in braces) or a special character. */
static size_t parameter_length(const char *s, bool braces) {
  if (isdigit((unsigned char)*s)) return braces ? strspn(s, "0123456789") : 1;
  if (*s != '\0' && strchr("?$!#@*", *s) != NULL) return 1;
  return name_length(s);
}

/* The value of any parameter but @ and *, copied to the buffer. False: it is not set. */
static bool parameter_value(const char *name, size_t length, struct buffer *out) {
  char number[24];
  const char *value = number;

  if (isdigit((unsigned char)*name)) {
    long index = strtol(name, NULL, 10); /* too large a number becomes LONG_MAX */
    value = index == 0 ? shell.name : index <= shell.parameter_count ? shell.parameters[index - 1] : NULL;
  } else if (*name == '?' || *name == '#') {
    snprintf(number, sizeof number, "%d", *name == '?' ? shell.status : shell.parameter_count);
  } else if (*name == '$') {
    snprintf(number, sizeof number, "%d", (int)shell.pid);
  } else if (*name == '!') {
    snprintf(number, sizeof number, "%d", (int)shell.background);
    if (shell.background == 0) value = NULL;
  } else {
    struct arena arena = {0};
    value = get_variable(arena_copy(&arena, name, length));
    arena_free(&arena);
  }
  if (value != NULL) buffer_add(out, value, strlen(value));
  return value != NULL;
}

/* $@ and $*. */
static void put_parameters(struct expansion *e, char which, enum mark mark) {
  const char *ifs = get_variable("IFS");
  bool join = which == '*' && (mark == kQuoted || e->one_field);

  if (which == '@' && mark == kQuoted && shell.parameter_count == 0) e->empty_list = true;
  for (int i = 0; i < shell.parameter_count; i++) {
    const char *value = shell.parameters[i];
    if (i > 0 && join) put(e, ifs == NULL ? " " : ifs, ifs == NULL || *ifs != '\0', mark);
    if (i > 0 && !join) put_break(e);
    if (mark == kQuoted && !join) put_nothing(e); /* "$@" keeps empty ones */
    put(e, value, strlen(value), mark);
  }
}

static void put_value(struct expansion *e, const char *name, const struct buffer *value, enum mark mark) {
  if (*name == '@' || *name == '*') {
    put_parameters(e, *name, mark);
  } else {
    put(e, value->bytes, value->length, mark);
  }
}

/* ${name=word}: s is the word. */
static const char *assign(struct expansion *e, const char *name, size_t length, const char *s, enum mark mark) {
  struct expansion value = {.depth = e->depth, .unused = e->unused, .one_field = true};
  struct arena arena = {0};

  s = expand_until(&value, s, '}', mark);
  if (value.failed) e->failed = true;
  if (!e->failed && e->unused == 0) {
    const char *text = value.text.bytes != NULL ? value.text.bytes : "";
    if (!set_variable(arena_copy(&arena, name, length), text, false)) e->failed = true;
    put(e, text, value.text.length, mark);
  }
  arena_free(&arena);
  buffer_free(&value.text);
  buffer_free(&value.marks);
  return s;
}

/* ${name}, ${#name}, and ${name-word} with - = ? + , each also behind a colon: then an empty value counts as none. s is behind ${ */
static const char *expand_braces(struct expansion *e, const char *s, enum mark mark) {
  struct buffer value = {0};
  bool count = *s == '#' && s[1] != '}';
  const char *name = s += count, *begin = s;
  size_t length = parameter_length(s, true);
  char number[24];

  bool all = *name == '@' || *name == '*';
  bool set = length > 0 && (all ? shell.parameter_count > 0 : parameter_value(name, length, &value));
  s += length;
  bool colon = *s == ':';
  s += colon;
  char operation = *s;
  bool use = set && (!colon || all || value.length > 0);
  if (length == 0 || (count && (operation != '}' || all)) || operation == '\0' || strchr(colon ? "-=?+" : "-=?+}", operation) == NULL) {
    fail(e, begin, strcspn(begin, "}"), "bad substitution");
  } else if (operation == '}') {
    if (count) {
      put(e, number, (size_t)snprintf(number, sizeof number, "%zu", value.length), mark);
    } else {
      put_value(e, name, &value, mark);
    }
  } else {
    bool word_unused = use != (operation == '+');
    if (use && operation != '+') put_value(e, name, &value, mark);
    e->unused += word_unused;
    size_t before = e->text.length;
    s = operation == '=' ? assign(e, name, length, s + 1, mark) : expand_until(e, s + 1, '}', mark);
    e->unused -= word_unused;
    if (operation == '?' && !use && e->unused == 0) {
      const char *message = e->text.length > before ? e->text.bytes + before : "not set";
      fail(e, name, length, message);
    }
  }
  buffer_free(&value);
  if (!e->failed && *s != '}') fail(e, begin, strlen(begin), "unterminated");
  return e->failed ? s : s + 1;
}

static const char *expand_dollar(struct expansion *e, const char *s, enum mark mark) {
  struct buffer value = {0};
  size_t length = parameter_length(s + 1, false);

  if (s[1] == '{') return expand_braces(e, s + 2, mark);
  if (s[1] == '(') return expand_commands(e, s + 2, mark);
  if (length == 0) {
    put(e, "$", 1, kQuoted);
  } else {
    parameter_value(s + 1, s[1] == '@' || s[1] == '*' ? 0 : length, &value);
    put_value(e, s + 1, &value, mark);
  }
  buffer_free(&value);
  return s + 1 + length;
}

/* ---- a word ---- */

static const char *expand_quotes(struct expansion *e, const char *s) {
  size_t before = e->text.length;
  bool outer = e->empty_list;

  e->empty_list = false;
  s = expand_until(e, s, '"', kQuoted);
  if (e->text.length == before && !e->empty_list) put_nothing(e);
  e->empty_list = outer;
  if (*s == '"') return s + 1;
  fail(e, "\"", 1, "unterminated");
  return s;
}

/* One character, or what it begins. */
static const char *expand_piece(struct expansion *e, const char *s, enum mark mark, char stop) {
  bool quoted = mark == kQuoted;

  if (*s == '\\' && s[1] != '\0') {
    const char *escapable = e->here_document ? "$`\\\n" : "$`\\\"\n";
    bool escapes = !quoted || strchr(escapable, s[1]) != NULL || (stop == '}' && s[1] == '}');
    if (!escapes) put(e, s, 1, kQuoted);
    if (s[1] != '\n') put(e, s + 1, 1, kQuoted); /* backslash and newline: the line goes on */
    return s + 2;
  }
  if (*s == '\'' && !quoted) {
    size_t length = strcspn(s + 1, "'");
    if (length == 0) put_nothing(e);
    put(e, s + 1, length, kQuoted);
    return s + 1 + length + (s[1 + length] == '\'');
  }
  if (*s == '"' && !(e->here_document && stop == '\0')) return expand_quotes(e, s + 1);
  if (*s == '$' || *s == '`') {
    if (mark == kLiteral) mark = kExpanded;
    return *s == '$' ? expand_dollar(e, s, mark) : expand_backquotes(e, s + 1, mark);
  }
  put(e, s, 1, mark);
  return s + 1;
}

/* ~ and ~/… at the beginning; what HOME holds is not expanded further. */
static const char *expand_tilde(struct expansion *e, const char *s) {
  const char *home = get_variable("HOME");

  if (s[0] != '~' || (s[1] != '/' && s[1] != '\0') || home == NULL) return s;
  put(e, home, strlen(home), kQuoted);
  return s + 1;
}

static void expand_word(struct expansion *e, const char *word) { expand_until(e, expand_tilde(e, word), '\0', kLiteral); }

static void free_expansion(struct expansion *e) {
  buffer_free(&e->text);
  buffer_free(&e->marks);
}

/* ---- fields ---- */

struct fields {
  struct arena *arena;
  struct buffer list;    /* of pointers */
  struct buffer text;    /* of the field that grows */
  struct buffer pattern; /* … with backslashes before what is quoted */
  bool begun, is_pattern;
};

static void add_field(struct fields *fields, const char *text) {
  const char *copy = arena_copy(fields->arena, text, strlen(text));

  buffer_add(&fields->list, (const char *)&copy, sizeof copy);
}

static void end_field(struct fields *fields) {
  glob_t names;

  if (fields->begun) {
    buffer_add(&fields->text, "", 0);
    int none = fields->is_pattern ? glob(fields->pattern.bytes, 0, NULL, &names) : GLOB_NOMATCH;
    for (size_t i = 0; none == 0 && i < names.gl_pathc; i++) add_field(fields, names.gl_pathv[i]);
    if (none == 0) globfree(&names);
    if (none != 0) add_field(fields, fields->text.bytes);
  }
  fields->text.length = fields->pattern.length = 0;
  fields->begun = fields->is_pattern = false;
}

static void add_byte(struct fields *fields, char byte, enum mark mark) {
  bool special = strchr("*?[]\\-!^", byte) != NULL;

  if (special && mark == kQuoted) buffer_add(&fields->pattern, "\\", 1);
  if (special && mark != kQuoted && strchr("*?[", byte) != NULL) fields->is_pattern = true;
  buffer_add(&fields->pattern, &byte, 1);
  buffer_add(&fields->text, &byte, 1);
  fields->begun = true;
}

/* Space, tab and newline in IFS separate, however many; any other character in IFS ends a field, even an empty one. */
static void split(struct fields *fields, const struct expansion *e) {
  const char *ifs = get_variable("IFS");
  bool ended_by_space = false;

  if (ifs == NULL) ifs = " \t\n";
  for (size_t i = 0; i < e->text.length; i++) {
    char byte = e->text.bytes[i];
    enum mark mark = (enum mark)e->marks.bytes[i];
    if (mark == kNothing) {
      fields->begun = true;
    } else if (mark == kBreak) {
      end_field(fields);
    } else if (mark == kExpanded && strchr(ifs, byte) != NULL) {
      bool space = strchr(" \t\n", byte) != NULL;
      if (!space && !fields->begun && !ended_by_space) fields->begun = true; /* an empty one */
      ended_by_space = space && (fields->begun || ended_by_space);
      end_field(fields);
      continue;
    } else {
      add_byte(fields, byte, mark);
    }
    ended_by_space = false;
  }
  end_field(fields);
}

char **expand_words(struct arena *arena, const struct word *words, int *count) {
  struct fields fields = {.arena = arena};
  bool failed = false;

  buffer_add(&fields.text, "", 0);
  for (; words != NULL && !failed; words = words->next) {
    struct expansion e = {0};
    expand_word(&e, words->text);
    failed = e.failed;
    if (!failed) split(&fields, &e);
    free_expansion(&e);
  }
  *count = (int)(fields.list.length / sizeof(char *));
  char **list = arena_allocate(arena, fields.list.length + sizeof *list);
  if (fields.list.length > 0) memcpy(list, fields.list.bytes, fields.list.length);
  buffer_free(&fields.list);
  buffer_free(&fields.text);
  buffer_free(&fields.pattern);
  return failed ? NULL : list;
}

/* What was expanded, as one field. */
static char *whole(struct arena *arena, struct expansion *e) {
  char *text = arena_allocate(arena, e->text.length + 1), *end = text;

  for (size_t i = 0; i < e->text.length; i++) {
    if (e->marks.bytes[i] != kNothing) *end++ = e->text.bytes[i]; /* a break is a space */
  }
  bool failed = e->failed;
  free_expansion(e);
  return failed ? NULL : text;
}

char *expand_text(struct arena *arena, const char *word) {
  struct expansion e = {.one_field = true};

  expand_word(&e, word);
  return whole(arena, &e);
}

char *expand_here_document(struct arena *arena, const char *text) {
  struct expansion e = {.one_field = true, .here_document = true};

  expand_until(&e, text, '\0', kQuoted);
  return whole(arena, &e);
}

/* The end mark of a here-document: only its quotes go. */
const char *unquote(struct arena *arena, const char *word) {
  char *text = arena_copy(arena, word, strlen(word)), *end = text;
  char quote = '\0';

  for (const char *s = text; *s != '\0'; s++) {
    if (*s == quote) {
      quote = '\0';
    } else if (quote == '\0' && (*s == '\'' || *s == '"')) {
      quote = *s;
    } else {
      if (*s == '\\' && quote != '\'' && s[1] != '\0') s++;
      *end++ = *s;
    }
  }
  *end = '\0';
  return text;
}
