/* execve: which bytes the kernel's loader gets to see, and what a `#!` script's first line asks for.
 *
 * Owns: nothing. Must never: look further into a file than its first line; what an ELF file says is the loader's affair. */

#include "call.h"

enum { kLineMax = 256, kScriptsMax = 5, kArgumentsMax = 4096 }; /* Linux's */

/* The strings that come in place of argv[0], at the end of the buffer: each script puts its own in front. */
static struct {
  size_t begin;
  char bytes[kArgumentsMax];
} arguments;

static bool put_before(const char *text, size_t length) {
  if (length + 1 > arguments.begin) return false;
  arguments.begin -= length + 1;
  memcpy(arguments.bytes + arguments.begin, text, length);
  arguments.bytes[arguments.begin + length] = '\0';
  return true;
}

/* Takes a script's first line apart, as Linux does: interpreter, and at most one argument, which is all the rest. */
static int64_t parse_line(char *line, size_t bytes, char *interpreter) {
  static const char kBlanks[] = " \t";
  char *end = memchr(line, '\n', bytes);

  line[bytes] = '\0';
  char *name = line + 2 + strspn(line + 2, kBlanks);
  /* A line that is cut off may have lost a part of the interpreter's path. */
  if (end == NULL && bytes == kLineMax && name[strcspn(name, kBlanks)] == '\0') return -ENOEXEC;
  if (end == NULL) end = line + strlen(line);
  while (end > line + 2 && (end[-1] == ' ' || end[-1] == '\t')) end--;
  if (name >= end) return -ENOEXEC;
  *end = '\0';
  const size_t length = strcspn(name, kBlanks);
  const char *argument = name + length + strspn(name + length, kBlanks);
  if (*argument != '\0' && !put_before(argument, strlen(argument))) return -E2BIG;
  if (!put_before(name, length)) return -E2BIG;
  memcpy(interpreter, name, length);
  interpreter[length] = '\0';
  return 0;
}

/* Reads the beginning of the file: how many bytes. A hole has no `#!`. */
static size_t first_bytes(const struct data *data, char *to) {
  const size_t bytes = data->size < kLineMax ? data->size : kLineMax;

  if (bytes == 0 || !data_holds(data, 0)) return 0;
  memcpy(to, data->bytes, bytes);
  return bytes;
}

static int64_t answer_view(struct call *call, struct node *node) {
  struct data *data = &node->data;

  if (data->size == 0) return -ENOEXEC;
  struct kine_answer answer = {.kind = KINE_ANSWER_VIEW, .rights = PROT_READ | PROT_WRITE | PROT_EXEC, .view = (uint64_t)data->bytes};
  answer.view_bytes = data->size;
  answer.arguments = (uint64_t)(arguments.bytes + arguments.begin);
  answer.argument_bytes = kArgumentsMax - arguments.begin;
  return answer_open(call, node, O_RDONLY, answer);
}

/* From a script to its interpreter, whose path is relative to the sender's working directory, if that is one of this server's. */
static int64_t find_interpreter(struct call *call, const char *path, struct place *place) {
  struct node *here = node_behind(call, KINE_FD_CWD);

  place_drop(place);
  const int64_t error = walk_text(call, here != NULL ? here : root, path, kFollow | kTwo, place);
  return error == 0 && place->node == NULL ? -ENOENT : error;
}

int64_t serve_execve(struct call *call) {
  char line[kPathMax], interpreter[kLineMax + 1];
  int64_t error = server_string(call->message->token, call->message->words[0], line, sizeof line);

  if (error < 0) return error;
  arguments.begin = kArgumentsMax;
  for (int scripts = 0;; scripts++) {
    const struct node *node = call->place.node;
    if (!S_ISREG(node->mode) || node->proc != 0 || !allowed(call, node, X_OK)) return -EACCES;
    if (scripts == 0 && !put_before(line, (size_t)error)) return -E2BIG;
    const size_t bytes = first_bytes(&node->data, line);
    if (bytes < 2 || line[0] != '#' || line[1] != '!') {
      if (scripts == 0) arguments.begin = kArgumentsMax; /* argv stays as it is */
      return answer_view(call, call->place.node);
    }
    if (scripts == kScriptsMax) return -ELOOP;
    error = parse_line(line, bytes, interpreter);
    if (error == 0) error = find_interpreter(call, interpreter, &call->place);
    if (error != 0) return error;
  }
}
