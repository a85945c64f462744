// The stubs of lab message: a server without mailboxes, which refuses everything.

// Lab message: `call->words` are those of write(): the connection's cookie in the descriptor's place, the address, the length. What lies there is the
// client's, and comes by kine_read. What if he says that it is 2^63 bytes long?
static int64_t put(struct box *box, const struct kine_message *call) {
  (void)box;
  (void)call;
  return -ENOSYS;
}

// Lab message: Two lengths meet here, the reader's and the letter's; kine_write brings it to him. The letter is gone when he has it, and not before.
static int64_t take(struct box *box, const struct kine_message *call) {
  (void)box;
  (void)call;
  return -ENOSYS;
}

// Lab message: The reader's call was received long ago, and his token waits in the box. Whom does the next letter belong to?
static void wake_reader(struct box *box) { (void)box; }

// Lab message: A call that gets no answer has a client who waits for ever, whatever it was that he asked for. (So refuse what this server does not know.)
static void answer(struct box *box, const struct kine_message *call) {
  kine_reply(call->token, call->number == SYS_write ? put(box, call) : take(box, call));
  wake_reader(box);
}

// Lab message: A token that was answered, by whomever, answers nobody else: a second reply is refused. A client that was interrupted waits for this one:
// -KINE_ERESTART says that nothing was done.
static void cancel(uint64_t token) { (void)token; }

// Lab message: Three kinds of messages come (kine_abi.h), and three connections lead here. This takes everything for a call to one and the same box.
static void serve(const struct kine_message *message) {
  answer(boxes, message);
  cancel(message->token);
}
