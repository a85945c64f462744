/* Tokens to a tree, by recursive descent: one function for each rule of the grammar.
 *
 *   list      ::= { and_or ( & | ; | newline ) }
 *   and_or    ::= pipeline { ( && | || ) pipeline }
 *   pipeline  ::= [ ! ] command { | command }
 *   command   ::= ( list ) | { list } | if … fi | while … done | until … done | for … done | simple,  each with redirections
 *   simple    ::= { assignment | redirection } { word | redirection }
 *
 * Owns: nothing; the tree lies in the parser's arena. After an error every token is kEnd, so that all functions return.
 * Must never: run anything, or change a variable. */
#include <string.h>

#include "sh.h"

static struct node *parse_and_or(struct parser *parser);

static struct node *new_node(struct parser *parser, enum node_kind kind) {
  struct node *node = arena_allocate(parser->arena, sizeof *node);

  node->kind = kind;
  return node;
}

static bool at_word(const struct parser *parser, const char *word) { return parser->token == kWord && strcmp(parser->word, word) == 0; }

static bool accept_word(struct parser *parser, const char *word) {
  if (!at_word(parser, word)) return false;
  next_token(parser);
  return true;
}

static void unexpected(struct parser *parser) {
  if (parser->token == kEnd || parser->token == kNewline) {
    syntax_error(parser, parser->token == kEnd ? "unexpected end" : "unexpected newline");
  } else {
    struct buffer message = {0};
    buffer_add(&message, "unexpected ", 11);
    buffer_add(&message, parser->text.bytes + parser->begin, parser->end - parser->begin);
    syntax_error(parser, message.bytes);
    buffer_free(&message);
  }
}

static void expect_word(struct parser *parser, const char *word) {
  if (!accept_word(parser, word)) unexpected(parser);
}

static void skip_newlines(struct parser *parser) {
  while (parser->token == kNewline) next_token(parser);
}

/* Words that end a list, if they come where a command would begin. */
static bool at_list_end(const struct parser *parser) {
  static const char *const words[] = {"then", "else", "elif", "fi", "do", "done", "}"};

  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (at_word(parser, words[i])) return true;
  }
  return parser->token == kEnd || parser->token == kClose;
}

/* `one_line`: a newline ends it. NULL: it is empty. */
struct node *parse_list(struct parser *parser, bool one_line) {
  struct node *list = new_node(parser, kList);
  struct node **end = &list->first;

  for (;;) {
    while (!one_line && parser->token == kNewline) next_token(parser);
    if (at_list_end(parser) || parser->token == kNewline) break;
    *end = parse_and_or(parser);
    if (parser->token == kAmpersand) {
      struct node *background = new_node(parser, kBackground);
      background->first = *end;
      background->text = (*end)->text;
      *end = background;
    }
    end = &(*end)->next;
    if (parser->token != kAmpersand && parser->token != kSemicolon && (parser->token != kNewline || one_line)) break;
    next_token(parser);
  }
  return list->first != NULL ? list : NULL;
}

/* The list between the words of a compound command: it must not be empty. */
static struct node *parse_body(struct parser *parser) {
  struct node *list = parse_list(parser, false);

  if (list == NULL) unexpected(parser);
  return list;
}

static struct redirection *parse_redirection(struct parser *parser) {
  struct redirection *redirection = arena_allocate(parser->arena, sizeof *redirection);

  *redirection = parser->redirection;
  next_token(parser);
  if (parser->token != kWord) {
    unexpected(parser);
    return redirection;
  }
  redirection->target = parser->word;
  if (redirection->kind == kHereDocument || redirection->kind == kHereDocumentTabs) {
    struct redirection **end = &parser->waiting;
    while (*end != NULL) end = &(*end)->waiting;
    *end = redirection;
    redirection->literal = strpbrk(parser->word, "'\"\\") != NULL;
    redirection->target = unquote(parser->arena, parser->word);
    redirection->body = ""; /* until it is read */
  }
  next_token(parser);
  return redirection;
}

static void append_word(struct parser *parser, struct word ***end) {
  struct word *word = arena_allocate(parser->arena, sizeof *word);

  word->text = parser->word;
  **end = word;
  *end = &word->next;
  next_token(parser);
}

static struct node *parse_simple(struct parser *parser) {
  struct node *node = new_node(parser, kSimple);
  struct word **assignments = &node->assignments, **words = &node->words;
  struct redirection **redirections = &node->redirections;

  for (;;) {
    if (parser->token == kRedirect) {
      *redirections = parse_redirection(parser);
      redirections = &(*redirections)->next;
    } else if (parser->token != kWord) {
      break;
    } else {
      size_t name = name_length(parser->word);
      bool assigns = node->words == NULL && name > 0 && parser->word[name] == '=';
      append_word(parser, assigns ? &assignments : &words);
    }
  }
  bool empty = node->assignments == NULL && node->words == NULL && node->redirections == NULL;
  if (empty || parser->token == kOpen) unexpected(parser);
  return node;
}

/* Behind `if` or `elif`, up to and with `fi`. */
static struct node *parse_if(struct parser *parser) {
  struct node *node = new_node(parser, kIf);

  if (++parser->depth > kDeepest) syntax_error(parser, "nested too deeply");
  node->first = parse_body(parser);
  expect_word(parser, "then");
  node->second = parse_body(parser);
  if (accept_word(parser, "elif")) {
    node->third = parse_if(parser);
  } else {
    if (accept_word(parser, "else")) node->third = parse_body(parser);
    expect_word(parser, "fi");
  }
  parser->depth--;
  return node;
}

static struct node *parse_loop_body(struct parser *parser) {
  expect_word(parser, "do");
  struct node *body = parse_body(parser);
  expect_word(parser, "done");
  return body;
}

static struct node *parse_while(struct parser *parser, enum node_kind kind) {
  struct node *node = new_node(parser, kind);

  node->first = parse_body(parser);
  node->second = parse_loop_body(parser);
  return node;
}

static struct node *parse_for(struct parser *parser) {
  struct node *node = new_node(parser, kFor);
  struct word **words = &node->words;

  if (parser->token != kWord || !is_name(parser->word, strlen(parser->word))) {
    syntax_error(parser, "`for' needs a name");
    return node;
  }
  append_word(parser, &words);
  bool semicolon = parser->token == kSemicolon;
  if (semicolon) next_token(parser);
  skip_newlines(parser);
  node->each_parameter = semicolon || !accept_word(parser, "in");
  if (!node->each_parameter) {
    while (parser->token == kWord) append_word(parser, &words);
    if (parser->token != kSemicolon && parser->token != kNewline) unexpected(parser);
    next_token(parser);
    skip_newlines(parser);
  }
  node->second = parse_loop_body(parser);
  return node;
}

static struct node *parse_compound(struct parser *parser) {
  struct node *node;

  if (accept_word(parser, "if")) return parse_if(parser);
  if (accept_word(parser, "while")) return parse_while(parser, kWhile);
  if (accept_word(parser, "until")) return parse_while(parser, kUntil);
  if (accept_word(parser, "for")) return parse_for(parser);
  if (accept_word(parser, "{")) {
    node = new_node(parser, kGroup);
    node->first = parse_body(parser);
    expect_word(parser, "}");
    return node;
  }
  if (parser->token != kOpen) return NULL;
  next_token(parser);
  node = new_node(parser, kSubshell);
  node->first = parse_body(parser);
  if (parser->token != kClose) unexpected(parser);
  next_token(parser);
  return node;
}

static struct node *parse_one(struct parser *parser) {
  if (++parser->depth > kDeepest) syntax_error(parser, "nested too deeply");
  struct node *node = parse_compound(parser);

  if (node == NULL) {
    node = parse_simple(parser);
  } else {
    struct redirection **end = &node->redirections;
    while (parser->token == kRedirect) {
      *end = parse_redirection(parser);
      end = &(*end)->next;
    }
  }
  parser->depth--;
  return node;
}

static struct node *parse_pipeline(struct parser *parser) {
  size_t begin = parser->begin;
  bool negated = false;
  while (accept_word(parser, "!")) negated = !negated;

  struct node *node = parse_one(parser);
  if (parser->token == kBar) {
    struct node *pipeline = new_node(parser, kPipeline);
    pipeline->first = node;
    while (parser->token == kBar) {
      next_token(parser);
      skip_newlines(parser);
      node = node->next = parse_one(parser);
    }
    node = pipeline;
  }
  if (!parser->failed) node->text = arena_copy(parser->arena, parser->text.bytes + begin, parser->previous_end - begin);
  if (negated) {
    struct node *inner = node;
    node = new_node(parser, kNot);
    node->first = inner;
    node->text = inner->text;
  }
  return node;
}

static struct node *parse_and_or(struct parser *parser) {
  size_t begin = parser->begin;
  struct node *first = parse_pipeline(parser), *last = first;

  if (parser->token != kTwoAmpersands && parser->token != kTwoBars) return first;
  struct node *list = new_node(parser, kList);
  list->first = first;
  while (parser->token == kTwoAmpersands || parser->token == kTwoBars) {
    enum join join = parser->token == kTwoAmpersands ? kAnd : kOr;
    next_token(parser);
    skip_newlines(parser);
    last = last->next = parse_pipeline(parser);
    last->join = join;
  }
  if (!parser->failed) list->text = arena_copy(parser->arena, parser->text.bytes + begin, parser->previous_end - begin);
  return list;
}

static struct node *parse_whole(struct parser *parser, bool one_line, enum token end) {
  next_token(parser);
  struct node *list = parse_list(parser, one_line);
  if (parser->token != end && (parser->token != kEnd || end == kClose)) unexpected(parser);
  return list;
}

enum parsed parse_command(struct source *source, struct arena *arena, struct node **list) {
  struct parser parser = {.source = source, .arena = arena};

  *list = parse_whole(&parser, true, kNewline);
  bool more = parser.text.length > 0;
  buffer_free(&parser.text);
  if (parser.failed) return kFailed;
  return more ? kParsed : kNoMore;
}

bool parse_substitution(const char *text, bool parenthesis, struct arena *arena, struct node **list, size_t *used) {
  struct source source = {.fd = -1, .text = text};
  struct parser parser = {.source = &source, .arena = arena};

  *list = parse_whole(&parser, false, parenthesis ? kClose : kEnd);
  *used = parser.position + parser.removed;
  buffer_free(&parser.text);
  return !parser.failed;
}
