/* The console server: the terminal on COM1, and plain output on COM1 and COM2.
 *
 * Each step: receive one message, do what it asks, move output and input as far as they go without waiting, publish readiness, answer.
 * Output goes in bounded pieces; when more is left, COM1's "transmitter empty" interrupt is asked for: it comes as a message behind those
 * that wait already, and the step that it starts goes on. (National PC16550D data sheet, section 8.)
 *
 * Owns: both UARTs, interrupt 4, the queues of readers and writers. Must never: wait for a device while a message could be received. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "calls.h"
#include "control.h"
#include "line.h"
#include "screen.h"

/* Registers of a UART, from its first port on. */
enum { kData = 0, kInterruptEnable = 1, kLineControl = 3, kModemControl = 4, kLineStatus = 5 };
enum { kReceived = 1, kTransmitterEmpty = 2 };    /* interrupts to enable */
enum { kDataReady = 0x01, kHoldingEmpty = 0x20 }; /* line status */
enum { kAbsent = 0xff };                          /* what a port without a device reads */

enum {
  kCalls = 2048,        /* that wait at the same time */
  kPiece = 1024,        /* bytes that are taken from a writer at once … */
  kStaged = 2 * kPiece, /* … and what becomes of them at most */
  kBurst = 4096,        /* bytes that are sent in one step */
  kPause = 1000,        /* microseconds */
  kConnections = 5,     /* cookies */
};

struct output {
  uint16_t port;
  struct calls writers;
  uint8_t staged[kStaged]; /* bytes on their way from the first writer, or from the echo, to the UART */
  size_t staged_bytes, sent;
};

static struct call calls[kCalls];
static struct terminal terminal;
static struct calls readers;
static struct output outputs[2] = {{.port = kCom1}, {.port = kCom2}};
static unsigned flags[kConnections]; /* O_NONBLOCK …, by cookie */
static unsigned published;           /* readiness of the terminal */
static bool bound;                   /* the interrupt may come */

static bool is_terminal(uint64_t cookie) { return cookie == kConsoleTerminal; }
static bool is_write(const struct kine_message *message) { return message->number == SYS_write || message->number == SYS_writev; }

/* --- Output --- */

/* Fills the stage: from the echo, else from the first writer. False: there is nothing to send now. */
static bool stage(struct output *output) {
  uint8_t piece[kPiece];
  struct call *call = output->writers.first;

  output->sent = output->staged_bytes = 0;
  if (output->port == kCom1 && terminal.echoed > 0 && !terminal.stopped) {
    const unsigned bytes = terminal.echoed < kStaged ? terminal.echoed : kStaged;
    memcpy(output->staged, terminal.echo, bytes);
    terminal.echoed -= bytes;
    memmove(terminal.echo, terminal.echo + bytes, terminal.echoed);
    output->staged_bytes = bytes;
    return true;
  }
  if (call == NULL || (is_terminal(call->cookie) && terminal.stopped)) return false;
  const int64_t taken = transfer_copy(&call->transfer, is_terminal(call->cookie) ? piece : output->staged, kPiece);
  if (taken <= 0) return call_stop(call, taken), true;
  call->done += taken;
  output->staged_bytes = is_terminal(call->cookie) ? line_output(&terminal, piece, (size_t)taken, output->staged) : (size_t)taken;
  return true;
}

/* Sends what is staged, up to `bytes`, as far as the receiver takes it. How many bytes. */
static size_t send(struct output *output, size_t bytes) {
  const size_t begin = output->sent;

  /* An absent UART reads as ready, and swallows all. */
  while (output->sent - begin < bytes && output->sent < output->staged_bytes && in8(output->port + kLineStatus) & kHoldingEmpty)
    out8(output->port + kData, output->staged[output->sent++]);
  if (output->port == kCom1) screen_show(output->staged + begin, output->sent - begin);
  return output->sent - begin;
}

/* Sends what there is, up to a burst. Whether there is more. */
static bool move_output(struct output *output) {
  size_t burst = in8(output->port + kLineStatus) == kAbsent ? SIZE_MAX : kBurst;

  for (;;) {
    burst -= send(output, burst);
    if (output->sent < output->staged_bytes) {
      /* COM2's receiver is slow, and there is no interrupt for it here: the others run meanwhile. */
      if (burst > 0 && output->port == kCom2) usleep(kPause);
      return true;
    }
    struct call *call = output->writers.first;
    if (call != NULL && call->done > 0 && call->transfer.left == 0) call_finish(call, call->done);
    if (!stage(output)) return false;
  }
}

/* --- Input --- */

static void read_uart(void) {
  for (;;) {
    const uint8_t status = in8(kCom1 + kLineStatus);
    if (status == kAbsent || !(status & kDataReady) || !line_wants_input(&terminal)) break;
    line_input(&terminal, in8(kCom1 + kData));
  }
  for (int number = 1; terminal.signals != 0; number++) {
    if (terminal.signals & 1u << number) control_signal_foreground(number);
    terminal.signals &= ~(1u << number);
  }
}

static void serve_readers(void) {
  uint8_t bytes[kInputBytes];

  for (struct call *call = readers.first; call != NULL && line_can_read(&terminal, call->transfer.left); call = readers.first) {
    unsigned entries;
    const size_t room = call->transfer.left < sizeof bytes ? call->transfer.left : sizeof bytes;
    const size_t count = line_peek(&terminal, bytes, room, &entries);
    const int64_t copied = transfer_copy(&call->transfer, bytes, count);
    if (copied == (int64_t)count)
      line_consume(&terminal, entries);
    else if (copied > 0)
      line_consume(&terminal, (unsigned)copied);
    call_finish(call, copied);
  }
}

/* --- Calls --- */

static void read_call(const struct kine_message *message) {
  struct call *call = is_terminal(message->cookie) ? call_begin(message, NULL) : NULL;

  if (!is_terminal(message->cookie)) return server_answer(message->token, -EBADF);
  if (call == NULL) return;
  call_wait(call, &readers, false);
  serve_readers();
  if (call->queue != NULL && (flags[kConsoleTerminal] & O_NONBLOCK || !call_may_stay(call))) call_stop(call, -EAGAIN);
}

static void write_call(const struct kine_message *message) {
  const bool to_com2 = message->cookie == kConsoleError || message->cookie == kConsoleErrorTerminal;
  const bool blocked = is_terminal(message->cookie) && terminal.stopped && flags[kConsoleTerminal] & O_NONBLOCK;
  struct call *call = blocked ? NULL : call_begin(message, NULL);

  if (blocked) return server_answer(message->token, -EAGAIN);
  if (call == NULL) return;
  call_wait(call, &outputs[to_com2].writers, false);
  if (!call_may_stay(call)) call_stop(call, -EAGAIN);
}

static int64_t other_call(const struct kine_message *message) {
  const uint32_t request = (uint32_t)message->words[1];
  const bool is_device = is_terminal(message->cookie) || message->cookie == kConsoleErrorTerminal;
  /* Standard error that is a terminal, while the others are not, has settings to look at; there is nothing to set. */
  const bool concerns = is_terminal(message->cookie) || (is_device && (request == TCGETS || request == TIOCGWINSZ));
  const struct stat attributes = {.st_dev = 5,
                                  .st_ino = message->cookie + 1,
                                  .st_mode = is_device ? S_IFCHR | S_IRUSR | S_IWUSR | S_IWGRP : S_IFIFO | S_IRUSR | S_IWUSR,
                                  .st_nlink = 1,
                                  .st_rdev = is_device ? makedev(5, 1) : 0,
                                  .st_blksize = kPiece};

  if (message->number == SYS_ioctl && request != FIONBIO && concerns) return control_ioctl(&terminal, message);
  return server_stream_call(message, &attributes, &flags[message->cookie], is_terminal(message->cookie) ? O_RDWR : O_WRONLY);
}

static void call(const struct kine_message *message) {
  if (message->cookie >= kConnections) return server_answer(message->token, -EIO);
  if (message->cookie == kConsoleCells) return server_answer(message->token, message->number == SYS_read ? screen_read(message) : -EBADF);
  const int64_t denied = is_terminal(message->cookie) ? control_check(&terminal, message) : 0;
  if (denied != 0) return server_answer(message->token, denied);
  if (is_write(message)) return write_call(message);
  if (message->number == SYS_read || message->number == SYS_readv) return read_call(message);
  server_answer(message->token, other_call(message));
}

/* --- The loop --- */

static void publish(void) {
  const unsigned ready = KINE_WRITABLE | (terminal.ready > 0 && line_can_read(&terminal, SIZE_MAX) ? KINE_READABLE : 0);

  if (ready != published) kine_publish(kServerPort, kConsoleTerminal, ready);
  published = ready;
}

/* The interrupt comes again, for input if there is a place for it, and at once if there is more to do. It comes when the UART's line rises,
 * so the line is let fall, last of all, by enabling nothing for a moment. */
static void arm_interrupt(bool more) {
  static uint8_t enabled;
  const uint8_t enable = (line_wants_input(&terminal) ? kReceived : 0) | (more ? kTransmitterEmpty : 0);

  if (!bound)
    bound = kine_bind(kConsoleInterrupt, kServerPort, 0) == 0;
  else if (enable == enabled && !more)
    return;
  out8(kCom1 + kInterruptEnable, 0);
  out8(kCom1 + kInterruptEnable, enable);
  enabled = enable;
}

int main(int argc, char *argv[]) {
  struct kine_message message;

  server_start(argc, argv, kConsoleLog);
  if (kine_io(kConsoleCom1) != 0 || kine_io(kConsoleCom2) != 0) {
    server_log("no right to the serial ports: error %d", errno);
    return 1;
  }
  calls_start(calls, kCalls);
  line_start(&terminal);
  control_start(argc > 2 ? atoi(argv[2]) : 0);
  screen_start();
  out8(kCom1 + kLineControl, 0x03);  /* 8 bits, no parity, one stop bit, at the speed that the kernel has set */
  out8(kCom1 + kModemControl, 0x0b); /* DTR, RTS, and OUT2, which lets the interrupt through */
  for (unsigned cookie = kConsoleOutput; cookie < kConnections; cookie++) kine_publish(kServerPort, cookie, KINE_WRITABLE);
  for (;;) {
    read_uart();
    serve_readers();
    const bool more = move_output(&outputs[0]), more_errors = move_output(&outputs[1]);
    publish();
    arm_interrupt(more || more_errors);
    server_answer_finished();
    server_receive(&message);
    if (message.kind == KINE_CALL) call(&message);
    if (message.kind == KINE_CANCEL) call_cancel(message.token);
    if (message.kind == KINE_INTERRUPT) bound = false;
  }
}
