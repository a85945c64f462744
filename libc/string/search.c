/* str* functions that search and split. */
#include <string.h>
#include <strings.h>

char *strchrnul(const char *text, int c) {
  while (*text && *text != (char)c) text++;
  return (char *)text;
}

char *strchr(const char *text, int c) {
  char *at = strchrnul(text, c);
  return *at == (char)c ? at : NULL;
}

char *strrchr(const char *text, int c) { return memrchr(text, c, strlen(text) + 1); }

char *strstr(const char *text, const char *needle) { return memmem(text, strlen(text), needle, strlen(needle)); }

char *strcasestr(const char *text, const char *needle) {
  size_t length = strlen(needle);
  for (;; text++) {
    if (strncasecmp(text, needle, length) == 0) return (char *)text;
    if (!*text) return NULL;
  }
}

/* Length of the start of `text` whose characters all are (member = 1) or are not (0) in `set`. */
static size_t span(const char *text, const char *set, int member) {
  size_t length = 0;
  while (text[length] && (strchr(set, text[length]) != NULL) == member) length++;
  return length;
}

size_t strspn(const char *text, const char *accept) { return span(text, accept, 1); }
size_t strcspn(const char *text, const char *reject) { return span(text, reject, 0); }

char *strpbrk(const char *text, const char *accept) {
  text += strcspn(text, accept);
  return *text ? (char *)text : NULL;
}

char *strsep(char **restrict text, const char *restrict separators) {
  char *token = *text;
  if (!token) return NULL;
  char *end = token + strcspn(token, separators);
  *text = *end ? end + 1 : NULL;
  *end = 0;
  return token;
}

char *strtok_r(char *restrict text, const char *restrict separators, char **restrict state) {
  if (!text) text = *state;
  if (!text) return NULL;
  text += strspn(text, separators);
  *state = text;
  return *text ? strsep(state, separators) : (*state = NULL);
}

char *strtok(char *restrict text, const char *restrict separators) {
  static char *state;
  return strtok_r(text, separators, &state);
}
