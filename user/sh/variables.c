/* Variables, the environment that is made of those that are exported, and the positional parameters.
 *
 * Owns: the list of variables; shell.parameters. Must never: touch the process's own environ after the start. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"

struct variable {
  struct variable *next;
  char *name;
  char *value; /* NULL: exported, but not set */
  bool exported;
};

static struct variable *variables; /* by name */

size_t name_length(const char *text) {
  size_t length = 0;

  if (isdigit((unsigned char)text[0])) return 0;
  while (isalnum((unsigned char)text[length]) || text[length] == '_') length++;
  return length;
}

bool is_name(const char *text, size_t length) { return length > 0 && name_length(text) >= length; }

/* The place in the list where the variable stands, or should. */
static struct variable **find(const char *name) {
  struct variable **place = &variables;

  while (*place != NULL && strcmp((*place)->name, name) < 0) place = &(*place)->next;
  return place;
}

static bool found(struct variable *const *place, const char *name) { return *place != NULL && strcmp((*place)->name, name) == 0; }

const char *get_variable(const char *name) {
  struct variable **place = find(name);

  return found(place, name) ? (*place)->value : NULL;
}

bool set_variable(const char *name, const char *value, bool exported) {
  struct variable **place = find(name);

  if (!is_name(name, strlen(name))) {
    complain("%s: not a name", name);
    return false;
  }
  if (!found(place, name)) {
    struct variable *added = checked(malloc(sizeof *added));
    *added = (struct variable){.next = *place, .name = copy_text(name)};
    *place = added;
  }
  if (value != NULL) {
    char *copy = copy_text(value);
    free((*place)->value);
    (*place)->value = copy;
  }
  if (exported) (*place)->exported = true;
  return true;
}

void unset_variable(const char *name) {
  struct variable **place = find(name);
  struct variable *old = *place;

  if (!found(place, name)) return;
  *place = old->next;
  free(old->name);
  free(old->value);
  free(old);
}

char **make_environment(struct arena *arena) {
  size_t count = 0;

  for (struct variable *v = variables; v != NULL; v = v->next) count += v->exported && v->value != NULL;
  char **environment = arena_allocate(arena, (count + 1) * sizeof *environment);
  count = 0;
  for (struct variable *v = variables; v != NULL; v = v->next) {
    if (!v->exported || v->value == NULL) continue;
    size_t name = strlen(v->name), value = strlen(v->value);
    char *text = arena_allocate(arena, name + value + 2);
    memcpy(text, v->name, name);
    text[name] = '=';
    memcpy(text + name + 1, v->value, value);
    environment[count++] = text;
  }
  return environment;
}

/* As a command that would set it again. */
static void print_variable(const struct variable *variable, bool exported, struct buffer *out) {
  if (exported) buffer_add(out, "export ", 7);
  buffer_add(out, variable->name, strlen(variable->name));
  if (variable->value != NULL) {
    buffer_add(out, "='", 2);
    for (const char *c = variable->value; *c != '\0'; c++) {
      if (*c == '\'') {
        buffer_add(out, "'\\''", 4);
      } else {
        buffer_add(out, c, 1);
      }
    }
    buffer_add(out, "'", 1);
  }
  buffer_add(out, "\n", 1);
}

void print_variables(bool exported) {
  struct buffer out = {0};

  for (struct variable *v = variables; v != NULL; v = v->next) {
    if (exported ? v->exported : v->value != NULL) print_variable(v, exported, &out);
  }
  write_all(STDOUT_FILENO, out.bytes, out.length);
  buffer_free(&out);
}

/* One piece of memory: the pointers and then the texts. */
void set_parameters(int count, char *const *values) {
  static char **owned;
  size_t bytes = ((size_t)count + 1) * sizeof *owned;

  for (int i = 0; i < count; i++) bytes += strlen(values[i]) + 1;
  char **copies = checked(malloc(bytes));
  char *text = (char *)(copies + count + 1);
  for (int i = 0; i < count; i++) {
    copies[i] = text;
    text = stpcpy(text, values[i]) + 1;
  }
  copies[count] = NULL;
  free(owned); /* the values may have been in it */
  owned = copies;
  shell.parameters = copies;
  shell.parameter_count = count;
}
