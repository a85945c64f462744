/* Permissions and paths: from a text in the sender's memory to a node of the tree, or to the border of another server's.
 *
 * Owns: nothing but the text that is being followed. Must never: take a step that the sender may not take, nor follow more than 40 links.
 */

#include "call.h"

enum { kLinksMax = 40 };

/* The text that is still to be followed. Only its last `own` bytes are the sender's; what is in front comes from links. */
struct route {
  const char *at;
  size_t length; /* of the sender's path */
  size_t own;
  int links;
  char text[2 * kPathMax];
};

bool in_group(struct call *call, uint32_t gid) {
  if (gid == call->message->gid) return true;
  if (call->group_count < 0) call->group_count = kine_groups(call->message->token, call->groups, kGroupsMax);
  for (int i = 0; i < call->group_count; i++)
    if (call->groups[i] == gid) return true;
  return false;
}

bool allowed(struct call *call, const struct node *node, unsigned want) {
  const uint32_t mode = node->mode;

  if (call->message->uid == 0) return !(want & X_OK) || S_ISDIR(mode) || (mode & 0111) != 0;
  const unsigned shift = call->message->uid == node->uid ? 6 : in_group(call, node->gid) ? 3 : 0;
  return (mode >> shift & want) == want;
}

void place_drop(struct place *place) {
  node_drop(place->directory);
  node_drop(place->node);
  place->directory = place->node = NULL;
}

/* The place becomes the node, which brings its pin along. */
static void go_to(struct place *place, struct node *node) {
  place_drop(place);
  place->node = node;
}

/* From the directory where the place is to the name in it. */
static int64_t enter(struct call *call, struct place *place, const char *name, size_t length) {
  struct node *here = place->node;

  if (!S_ISDIR(here->mode)) return -ENOTDIR;
  if (length > kNameMax) return -ENAMETOOLONG;
  if (!allowed(call, here, X_OK)) return -EACCES;
  memcpy(place->name, name, length);
  place->name[length] = '\0';
  place->length = length;
  if (strcmp(place->name, ".") == 0 || strcmp(place->name, "..") == 0) {
    go_to(place, node_pin(length == 1 ? here : here->parent));
    return 0;
  }
  node_drop(place->directory);
  place->directory = here;
  const struct entry *entry = here->proc != 0 ? NULL : entry_find(here, name, length);
  place->node = here->proc != 0 ? proc_find(call, here, place->name) : entry != NULL ? node_pin(entry->node) : NULL;
  return 0;
}

/* How many bytes of the sender's path are done. EXDEV: the rest of the text is not the rest of that path, or there is nobody to ask. */
static int64_t consumed(const struct route *route, unsigned flags) {
  const size_t rest = strlen(route->at + strspn(route->at, "/"));

  return rest <= route->own && !(flags & kTwo) ? (int64_t)(route->length - rest) : -EXDEV;
}

/* The rest is the affair of the server that the sender's descriptor leads to. */
static int64_t leave(struct call *call, const struct route *route, unsigned flags, int descriptor) {
  const uint32_t kind = call->message->number == SYS_openat ? KINE_ANSWER_RESULT : KINE_ANSWER_ASK;
  int64_t result = consumed(route, flags);

  if (result < 0) return result;
  const int fd = kine_take(call->message->token, descriptor);
  if (fd < 0) return -errno;
  result = answer_copy(call, kind, fd, result);
  close(fd);
  return result;
}

/* The place is a symbolic link: goes to where it leads, or puts its text in front of what is left. */
static int64_t follow_link(struct call *call, struct route *route, struct place *place, unsigned flags) {
  char target[kPathMax];
  struct node *node = place->node->proc != 0 ? proc_linked(call, place->node) : NULL;

  if (++route->links > kLinksMax) return -ELOOP;
  if (node != NULL) {
    go_to(place, node_pin(node));
    return 0;
  }
  if (place->node->proc != 0 && errno != 0) return errno == EXDEV ? leave(call, route, flags, place->node->pid) : -errno;
  const int64_t error = node_text(call, place->node, target, sizeof target);
  if (error < 0) return error;
  const size_t length = strlen(target), rest = strlen(route->at);
  if (length + rest >= sizeof route->text) return -ENAMETOOLONG;
  if (rest < route->own) route->own = rest;
  memmove(route->text + length, route->at, rest + 1);
  memcpy(route->text, target, length);
  route->at = route->text;
  go_to(place, node_pin(*target == '/' ? root : place->directory));
  return 0;
}

/* One name of the route further. */
static int64_t step(struct call *call, struct route *route, unsigned flags, struct place *place) {
  const size_t length = strcspn(route->at, "/");
  const int64_t error = enter(call, place, route->at, length);

  if (error != 0) return error;
  route->at += length;
  place->slash = *route->at == '/';
  const bool last = route->at[strspn(route->at, "/")] == '\0';
  const struct node *node = place->node;
  if (last && place->slash && place->directory != NULL && (flags & kFile)) return -EISDIR;
  if (node == NULL) return last ? 0 : -ENOENT;
  const bool follows = !last || (flags & kFollow) || (place->slash && !(flags & kHere));
  if (S_ISLNK(node->mode) && follows) return follow_link(call, route, place, flags);
  if (last && (flags & kHere)) return 0;
  if (place->slash && !S_ISDIR(node->mode)) return -ENOTDIR;
  if (node->mount == 0) return 0;
  const int64_t done = consumed(route, flags);
  return done < 0 ? done : ask_mounted(call, node, done);
}

static int64_t follow(struct call *call, struct node *start, struct route *route, unsigned flags, struct place *place) {
  int64_t error = route->length == 0 && !(flags & kEmpty) ? -ENOENT : 0;

  *place = (struct place){.node = node_pin(*route->text == '/' ? root : start)};
  route->own = route->length;
  route->links = 0;
  for (route->at = route->text; error == 0; error = step(call, route, flags, place)) {
    route->at += strspn(route->at, "/");
    if (*route->at == '\0') return 0;
  }
  place_drop(place);
  return error;
}

int64_t walk(struct call *call, uint64_t cookie, uint64_t path, unsigned flags, struct place *place) {
  static struct route route;
  int64_t error = server_string(call->message->token, path, route.text, kPathMax);

  if (error < 0) return error;
  route.length = (size_t)error;
  struct node *start = node_of(cookie);
  return start != NULL ? follow(call, start, &route, flags, place) : -ESTALE;
}

int64_t walk_text(struct call *call, struct node *start, const char *text, unsigned flags, struct place *place) {
  static struct route route;

  route.length = strlen(strcpy(route.text, text));
  return follow(call, start, &route, flags, place);
}
