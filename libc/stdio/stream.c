/* Streams: the standard three, opening and closing, buffering, positions, marks. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned char input_buffer[BUFSIZ], output_buffer[BUFSIZ];

static FILE error_stream = {.fd = 2, .flags = CAN_WRITE | UNBUFFERED | MODE_CHOSEN | STANDARD};
static FILE output_stream = {.fd = 1, .flags = CAN_WRITE | STANDARD, .buffer = output_buffer, .capacity = BUFSIZ, .next = &error_stream};
static FILE input_stream = {.fd = 0, .flags = CAN_READ | STANDARD, .buffer = input_buffer, .capacity = BUFSIZ, .next = &output_stream};

FILE *stdin = &input_stream;
FILE *stdout = &output_stream;
FILE *stderr = &error_stream;
struct __file *__libc_streams = &input_stream;

void __libc_prepare(FILE *file) {
  if (file->flags & PREPARED) return;
  file->flags |= PREPARED;
  int saved = errno; /* neither "not a terminal" nor "no buffer" is the caller's business */
  if (!(file->flags & MODE_CHOSEN) && isatty(file->fd)) file->flags |= BY_LINE;
  if (!file->buffer && !(file->flags & UNBUFFERED)) {
    file->buffer = malloc(BUFSIZ);
    file->capacity = BUFSIZ;
    if (file->buffer)
      file->flags |= OWNS_BUFFER;
    else
      file->flags |= UNBUFFERED;
  }
  if (file->flags & UNBUFFERED) {
    file->buffer = file->single;
    file->capacity = sizeof file->single;
  }
  errno = saved;
}

/* Meant for a stream that has not been used yet; taken at any time when nothing waits in the buffer. */
int setvbuf(FILE *restrict file, char *restrict buffer, int mode, size_t size) {
  if (mode < _IOFBF || mode > _IONBF || file->end != file->start) return -1;
  if (file->flags & OWNS_BUFFER) free(file->buffer);
  if (file->flags & OWNS_BUFFER || file->buffer == file->single) file->buffer = NULL;
  file->flags &= ~(unsigned)(BY_LINE | UNBUFFERED | PREPARED | OWNS_BUFFER | READING | WRITING);
  file->flags |= MODE_CHOSEN;
  if (mode == _IOLBF) file->flags |= BY_LINE;
  if (mode == _IONBF) file->flags |= UNBUFFERED;
  if (mode != _IONBF && buffer && size > 0) {
    file->buffer = (unsigned char *)buffer;
    file->capacity = size;
  }
  return 0;
}

void setbuf(FILE *restrict file, char *restrict buffer) { setvbuf(file, buffer, buffer ? _IOFBF : _IONBF, BUFSIZ); }
void setlinebuf(FILE *file) { setvbuf(file, NULL, _IOLBF, 0); }

static unsigned directions(const char *mode) {
  unsigned appending = *mode == 'a' ? APPENDING : 0;
  if (strchr(mode, '+')) return CAN_READ | CAN_WRITE | appending;
  return *mode == 'r' ? CAN_READ : CAN_WRITE | appending;
}

static FILE *make(int fd, unsigned flags) {
  FILE *file = calloc(1, sizeof *file);
  if (!file) return NULL;
  file->fd = fd;
  file->flags = flags;
  file->next = __libc_streams;
  __libc_streams = file;
  return file;
}

static int is_mode(const char *mode) {
  if (*mode == 'r' || *mode == 'w' || *mode == 'a') return 1;
  errno = EINVAL;
  return 0;
}

FILE *fdopen(int fd, const char *mode) {
  if (!is_mode(mode)) return NULL;
  if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) return NULL;
  if (*mode == 'a') {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || (!(flags & O_APPEND) && fcntl(fd, F_SETFL, flags | O_APPEND) < 0)) return NULL;
  }
  if (strchr(mode, 'e') && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) return NULL;
  return make(fd, directions(mode));
}

static int open_as(const char *path, const char *mode) {
  if (!is_mode(mode)) return -1;
  int flags = strchr(mode, '+') ? O_RDWR : *mode == 'r' ? O_RDONLY : O_WRONLY;
  if (*mode == 'w') flags |= O_CREAT | O_TRUNC;
  if (*mode == 'a') flags |= O_CREAT | O_APPEND;
  if (strchr(mode, 'x')) flags |= O_EXCL;
  if (strchr(mode, 'e')) flags |= O_CLOEXEC;
  int fd = open(path, flags, 0666);
  if (fd >= 0 && *mode == 'a' && !strchr(mode, '+'))
    lseek(fd, 0, SEEK_END); /* where ftell shall find it; no matter if it has no positions */
  return fd;
}

FILE *fopen(const char *restrict path, const char *restrict mode) {
  int fd = open_as(path, mode);
  if (fd < 0) return NULL;
  FILE *file = make(fd, directions(mode));
  if (!file) close(fd);
  return file;
}

/* Leaves the stream in the list, without a descriptor and neither readable nor writable; its buffer goes; what setvbuf chose
 * stays. */
static int shut(FILE *file) {
  int result = fflush(file);
  if (file->fd >= 0 && close(file->fd) < 0) result = EOF;
  if (file->flags & OWNS_BUFFER) free(file->buffer);
  if (file->flags & OWNS_BUFFER || file->buffer == file->single) file->buffer = NULL;
  file->flags &= file->flags & MODE_CHOSEN ? STANDARD | MODE_CHOSEN | BY_LINE | UNBUFFERED : STANDARD;
  file->fd = -1;
  file->start = file->end = 0;
  file->pushed_count = 0;
  return result;
}

/* The new file gets the old one's descriptor, so that stdout stays descriptor 1. */
FILE *freopen(const char *restrict path, const char *restrict mode, FILE *restrict file) {
  int old = file->fd;
  if (!path) { /* another mode for the same file: which the kernel cannot do */
    errno = EINVAL;
    return NULL;
  }
  int fd = open_as(path, mode);
  if (fd < 0) {
    fclose(file);
    return NULL;
  }
  if (old >= 0) {
    fflush(file);
    file->fd = -1; /* dup3 closes it */
    int cloexec = strchr(mode, 'e') ? O_CLOEXEC : 0;
    int moved = fd == old ? fd : dup3(fd, old, cloexec);
    if (fd != old) close(fd);
    fd = moved;
  }
  shut(file);
  if (fd < 0) {
    fclose(file);
    return NULL;
  }
  file->fd = fd;
  file->flags |= directions(mode);
  return file;
}

int fclose(FILE *file) {
  int result = shut(file);
  for (FILE **at = &__libc_streams; *at; at = &(*at)->next)
    if (*at == file) {
      *at = file->next;
      break;
    }
  if (!(file->flags & STANDARD)) free(file);
  return result;
}

/* Input that was read ahead is given back to the file, if it has positions; else it stays. */
static void give_back(FILE *file) {
  size_t ahead = file->end - file->start + file->pushed_count;
  int saved = errno;
  if (ahead && lseek(file->fd, -(off_t)ahead, SEEK_CUR) >= 0) {
    file->start = file->end = 0;
    file->pushed_count = 0;
  }
  errno = saved;
}

int fflush(FILE *file) {
  if (!file) {
    int result = 0;
    for (file = __libc_streams; file; file = file->next)
      if (file->flags & WRITING && __libc_drain(file) < 0) result = EOF;
    return result;
  }
  if (file->flags & READING) give_back(file);
  return file->flags & WRITING ? __libc_drain(file) : 0;
}

void __libc_flush_all(void) {
  for (FILE *file = __libc_streams; file; file = file->next) fflush(file);
}

int fseeko(FILE *file, off_t offset, int whence) {
  if (fflush(file) < 0) return -1;
  if (whence == SEEK_CUR && file->flags & READING) offset -= (off_t)(file->end - file->start + file->pushed_count);
  if (lseek(file->fd, offset, whence) < 0) return -1;
  file->start = file->end = 0;
  file->pushed_count = 0;
  file->flags &= ~(unsigned)(READING | WRITING | AT_END);
  return 0;
}

off_t ftello(FILE *file) {
  int at_end = file->flags & APPENDING && file->flags & WRITING && file->end > 0; /* what waits will go there */
  off_t position = lseek(file->fd, 0, at_end ? SEEK_END : SEEK_CUR);
  if (position < 0) return -1;
  if (file->flags & READING) return position - (off_t)(file->end - file->start + file->pushed_count);
  return position + (off_t)file->end;
}

int fseek(FILE *file, long offset, int whence) { return fseeko(file, offset, whence); }
long ftell(FILE *file) { return ftello(file); }

void rewind(FILE *file) {
  fseek(file, 0, SEEK_SET);
  clearerr(file);
}

int feof(FILE *file) { return (file->flags & AT_END) != 0; }
int ferror(FILE *file) { return (file->flags & FAILED) != 0; }
void clearerr(FILE *file) { file->flags &= ~(unsigned)(AT_END | FAILED); }
int fileno(FILE *file) { return file->fd; }
