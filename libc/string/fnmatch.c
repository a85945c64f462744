/* fnmatch: byte by byte, as in the C locale. Takes no more than (pattern x text) steps, and no memory. */
#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

static int fold(char c, int flags) { return flags & FNM_CASEFOLD ? tolower((unsigned char)c) : (unsigned char)c; }

/* Is c of the class whose name is name[0 .. length)? */
static int is_of_class(const char *name, size_t length, int c) {
  static const struct {
    const char *name;
    int (*is)(int);
  } classes[] = {{"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank}, {"cntrl", iscntrl}, {"digit", isdigit}, {"graph", isgraph},
                 {"lower", islower}, {"print", isprint}, {"punct", ispunct}, {"space", isspace}, {"upper", isupper}, {"xdigit", isxdigit}};
  for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
    if (strlen(classes[i].name) == length && memcmp(classes[i].name, name, length) == 0) return classes[i].is(c) != 0;
  return 0;
}

/* One character of a bracket expression, perhaps behind a backslash; moves on behind it. */
static char element(const char **pattern, int flags) {
  if (**pattern == '\\' && !(flags & FNM_NOESCAPE) && (*pattern)[1]) ++*pattern;
  return *(*pattern)++;
}

/* `pattern` is behind a [. Returns where the pattern goes on, *matches telling whether c is in the set; NULL if there is no ]. */
static const char *bracket(const char *pattern, char c, int flags, int *matches) {
  int negated = *pattern == '!' || *pattern == '^';
  int found = 0, wanted = fold(c, flags);
  pattern += negated;
  for (const char *first = pattern; *pattern != ']' || pattern == first;) {
    const char *end;
    if (*pattern == '[' && pattern[1] == ':' && (end = strstr(pattern + 2, ":]"))) {
      found |= is_of_class(pattern + 2, (size_t)(end - (pattern + 2)), (unsigned char)c);
      pattern = end + 2;
      continue;
    }
    if (!*pattern || (*pattern == '/' && flags & FNM_PATHNAME)) return NULL;
    int low = fold(element(&pattern, flags), flags), high = low;
    if (*pattern == '-' && pattern[1] && pattern[1] != ']') {
      pattern++;
      high = fold(element(&pattern, flags), flags);
    }
    found |= low <= wanted && wanted <= high;
  }
  *matches = found != negated;
  return pattern + 1;
}

/* Matches one character of the text by the pattern's next item, which is no star. Returns where the pattern goes on, or NULL. */
static const char *single(const char *pattern, char c, int leading, int flags) {
  int separator = c == '/' && flags & FNM_PATHNAME;
  if (*pattern == '?') return separator || leading ? NULL : pattern + 1;
  if (*pattern == '[') {
    int matches = 0;
    const char *next = bracket(pattern + 1, c, flags, &matches);
    if (next) return matches && !separator && !leading ? next : NULL;
  }
  if (*pattern == '\\' && !(flags & FNM_NOESCAPE) && pattern[1]) pattern++;
  return *pattern && fold(*pattern, flags) == fold(c, flags) ? pattern + 1 : NULL;
}

int fnmatch(const char *pattern, const char *text, int flags) {
  /* The last star, which is the only one that may still have to take more: what lies before it matches as early as it can. */
  const char *behind_star = NULL, *star_text = NULL;
  for (const char *start = text;;) {
    int leading = flags & FNM_PERIOD && *text == '.' && (text == start || (flags & FNM_PATHNAME && text[-1] == '/'));
    if (*pattern == '*' && !leading) {
      behind_star = ++pattern;
      star_text = text;
      continue;
    }
    if (!*text && !*pattern) return 0;
    if (*text == '/' && !*pattern && flags & FNM_LEADING_DIR) return 0;
    const char *next = *text && *pattern != '*' ? single(pattern, *text, leading, flags) : NULL;
    if (next) {
      if (*text == '/' && flags & FNM_PATHNAME) behind_star = NULL;
      pattern = next;
      text++;
      continue;
    }
    if (!behind_star || !*star_text || (*star_text == '/' && flags & FNM_PATHNAME)) return FNM_NOMATCH;
    text = ++star_text;
    pattern = behind_star;
  }
}
