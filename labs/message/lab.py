"""Lab message: what its tests look for. The programs are in tests/, what each call here does is said in tools/lab/trial.py."""

from lab.trial import EFAULT, KILLED, PAGE, SIGKILL, Lab

LAB = Lab(
    title="messages",
    points=10,
    files=["kernel/ipc/exchange.hh", "kernel/ipc/port.cc", "user/servers/mailbox.c"],
    programs=["mailbox"],
    needs=["frames"],
)

EINTR, EIO, EBUSY, EINVAL, ESRCH, EDEADLK, EMSGSIZE = 4, 5, 16, 22, 3, 35, 90
IOCTL = 16
CALL, CANCEL = 0, 1
SERVER = 1
WAITS = 1  # what a client reports as long as its call was not answered
KINDS = {0: "a call", 1: "a cancel", 2: "a closed", 3: "an interrupt"}

# struct kine_message, kine_abi.h
TOKEN, COOKIE, KIND, WORDS, PID, UMASK, UNHEARD = 0, 8, 16, 24, 72, 92, 96
SIGUSR1, SIGUSR2 = 10, 12


def message_word(t, offset, bits=64):
    """A member of the message that the server has in its memory."""
    at = t.symbol("message") + offset
    word = t.moment.word_at(t.process(SERVER), at & -8)
    return (word >> 8 * (at % 8)) & (1 << bits) - 1


def delivered(t, client, which, what):
    """The server's memory holds this call of that client."""
    kind = message_word(t, KIND, 32)
    t.true(f"{what} is a call", kind == CALL, KINDS.get(kind, f"kind {kind}"))
    t.equal(f"{what}: who sent it", client, message_word(t, PID, 32))
    t.equal(f"{what}: its number", IOCTL, message_word(t, KIND + 4, 32))
    t.equal(f"{what}: the connection's cookie", t.word(1, 0), message_word(t, COOKIE))
    t.equal(f"{what}: word 0, the cookie in the descriptor's place", t.word(1, 0), message_word(t, WORDS))
    t.equal(f"{what}: words 1 and 2", [t.word(2, which), t.word(3, which)], [message_word(t, WORDS + 8), message_word(t, WORDS + 16)])
    token = message_word(t, TOKEN)
    t.true(f"{what} has a token", token != 0, token)
    return token


def answered(t, what, expected, pid, index=0):
    seen = t.reported(index, t.process(pid))
    t.true(f"{what}: {expected}", seen == expected, "it still waits" if seen == WAITS else seen)


def waits(t, what, pid, index=0):
    seen = t.reported(index, t.process(pid))
    t.true(f"{what} waits", seen == WAITS, f"it was answered {seen}")


@LAB.test(points=2, rule="a call reaches the server, whole and in order, and its sender waits for its own answer")
def exchange(t):
    t.reach(1)
    for pid in (2, 3, 4):
        waits(t, f"client {pid}", pid)
    tokens = []
    for round in range(2):
        for i, client in enumerate(((0, 1, 2), (1, 2, 0))[round]):
            t.reach(2)
            tokens.append(delivered(t, 2 + client, client + 10 * round, f"message {i} of round {round}"))
            t.equal("the sender's umask, in its message", 0o27, message_word(t, UMASK, 32))
            unheard = message_word(t, UNHEARD)
            t.equal("whether the sender hears SIGUSR1 and SIGUSR2, of which it ignores one", [0, 1], [unheard >> each - 1 & 1 for each in (SIGUSR1, SIGUSR2)])
            for pid in (2, 3, 4):
                waits(t, f"client {pid}", pid, round)
        if round == 0:
            t.equal("the answer to a receive where nothing is mapped (and no message may be lost)", -EFAULT, t.reported(5))
        t.equal("different tokens so far", len(tokens), len(set(tokens)), "a token names one call, and no later one")
        t.reach(3)
        for pid, expected in ((2, 0), (3, t.word(4, 1 + 10 * round) >> 1), (4, -EBUSY)):
            answered(t, f"what client {pid} was answered in round {round}", expected, pid, round)
    t.reach(4)
    delivered(t, 5, 7, "the message that came while the server waited")
    t.reach(5)
    answered(t, "what the last client was answered", 4711, 5)


@LAB.test(points=1, rule="who waits for a message or an answer runs as soon as it comes, before others that are ready")
def handover(t):
    t.reach(1)
    calls, answers = t.reported(0), t.reported(0, t.process(2))
    t.true("at least 6 of 8 calls are received before a third process has a turn", calls >= 6, calls)
    t.true("at least 6 of 8 answers are seen before a third process has a turn", answers >= 6, answers)


@LAB.test(points=1, rule="a call is answered once, by the server that received it, and by nobody else")
def tokens(t):
    t.reach(1)
    t.equal("the answer to a process that answers a call which it did not receive: -ESRCH", -ESRCH, t.reported(0, t.process(3)))
    waits(t, "the client", 2)
    t.reach(2)
    t.equal("the answer to the server that answers its call", 0, t.reported(0))
    answered(t, "what the client was answered", 11, 2)
    t.equal("the answer to a second answer, with the token of the first call, while the next one waits: -ESRCH", -ESRCH, t.reported(1))
    waits(t, "the client", 2, 1)
    t.reach(3)
    t.equal("the answer to the server that answers the second call", 0, t.reported(2))
    t.equal("the answer to the server that answers it twice: -ESRCH", -ESRCH, t.reported(3))
    answered(t, "what the client was answered at last", 22, 2, 1)


@LAB.test(points=1, rule="nobody waits for a server that has ended: received calls fail with EIO, queued ones too if nobody can receive them")
def server_dies(t):
    t.reach(1)
    waits(t, "a client whose call was received", 3)
    waits(t, "a client whose call is queued", 4)
    t.reach(2)
    t.equal("how the server ended", 0, t.reported(1))
    answered(t, "the call that it had received", -EIO, 3)
    answered(t, "the call that was queued at its port", -EIO, 4)
    t.reach(3)
    t.equal("a call through a connection to a port that nobody holds", -EIO, t.reported(0))
    t.reach(4)
    answered(t, "the call that the second server had received", -EIO, 6)
    waits(t, "the client whose call is queued at a port that somebody holds", 7)
    t.reach(5)
    delivered(t, 7, 1, "the queued call, received by another server")
    answered(t, "what it was answered", 5, 7)


@LAB.test(points=1, rule="who is killed ends at once; his server is told, if it has his call")
def client_dies(t):
    t.reach(1)
    token = message_word(t, TOKEN)
    t.reach(2)
    t.equal("how the client ended: killed by SIGKILL", KILLED + SIGKILL, t.reported(1))
    t.equal("the answer to the server that answers it: -ESRCH", -ESRCH, t.reported(2))
    delivered(t, 3, 1, "the call that was queued before the client was killed")
    t.reach(3)
    kind = message_word(t, KIND, 32)
    t.true("the server's next message is a cancel", kind == CANCEL, KINDS.get(kind))
    t.equal("the cancel's token: that of the killed client's call", token, message_word(t, TOKEN))
    t.reach(4)
    delivered(t, 4, 4, "the call that came after that")
    t.reach(5)
    t.equal("how the client ended whose call was queued: killed by SIGKILL", KILLED + SIGKILL, t.reported(4))
    delivered(t, 6, 3, "the server's next message: not the dead client's")


@LAB.test(points=0.5, rule="a signal takes back a call that nobody received; of a received one the server says what becomes of it")
def signals(t):
    t.reach(1)
    answered(t, "the queued call, when its sender has a signal to handle", -EINTR, 2)
    t.equal("how often the handler ran", 1, t.reported(9, t.process(2)))
    t.reach(2)
    delivered(t, 3, 1, "the server's first message: the call was taken back")
    t.reach(3)
    token = delivered(t, 2, 10, "the client's second call")
    waits(t, "the client", 2, 1)
    t.reach(4)
    waits(t, "a client with a signal, whose call the server has,", 2, 1)
    t.reach(5)
    kind = message_word(t, KIND, 32)
    t.true("the server's next message is a cancel", kind == CANCEL, KINDS.get(kind))
    t.equal("the cancel's token: the call's", token, message_word(t, TOKEN))
    t.reach(6)
    t.equal("the answer to the server that answers the cancelled call", 0, t.reported(4))
    answered(t, "what the client was answered", -EINTR, 2, 1)
    t.equal("how often the handler ran", 2, t.reported(9, t.process(2)))


@LAB.test(points=0.5, rule="who would wait for himself, through however many others, is refused with EDEADLK")
def deadlock(t):
    t.reach(1)
    answered(t, "a server's call to itself: -EDEADLK", -EDEADLK, 2)
    answered(t, "its call to another server", 5, 2, 1)
    answered(t, "that one's call to the first, which waits for it: -EDEADLK", -EDEADLK, 3)
    answered(t, "the client's call", 6, 4)


# The small server: process 2, made from the submission's user/servers/mailbox.c. Its clients are the tests' own.
MAILBOX, LETTER_BYTES = 2, 128


def letter(t, what, pieces, process, page):
    """The page of a process begins with these bytes, and is behind them as it was filled."""
    data = b"".join(pieces)
    t.page(f"{what}, and what lies behind it", data + t.pattern(page)[len(data) :], process, t.REGION + page * PAGE)


def serves(t):
    found = t.moment.process(MAILBOX)
    t.true("the server lives, whatever its clients do", found is not None and not found.zombie, "it has ended")


@LAB.test(points=1, rule="each box keeps its own letter until it is taken, byte for byte, and who reads from an empty one waits for the next")
def mailbox_letters(t):
    t.reach(1)
    serves(t)
    t.equal("the answers to a letter of 128 bytes for box 0 and to one of 100 bytes for box 1", [128, 100], [t.reported(0), t.reported(1)])
    t.equal("the answer to another letter for box 0: -EBUSY", -EBUSY, t.reported(2))
    t.reach(2)
    client = t.process(1)
    t.equal("how many bytes a reader with room for 4,096 takes from box 1", 100, t.reported(3))
    letter(t, "the letter from box 1", [t.pattern(1)[:100]], client, 2)
    t.equal("how many bytes readers with room for 40 and for 128 take from box 0", [40, 88], [t.reported(4), t.reported(5)])
    letter(t, "the letter from box 0, in two parts", [t.pattern(0)[:128]], client, 3)
    t.reach(3)
    waits(t, "who reads from box 2, which is empty,", 3)
    waits(t, "who reads from box 0, which is empty again,", 4)
    t.reach(4)
    t.equal("the answer to who writes to box 2, for which somebody waits", 64, t.reported(6))
    answered(t, "what its reader was answered", 64, 3)
    letter(t, "the reader's letter", [t.pattern(0)[:64]], t.process(3), 4)
    waits(t, "the reader of box 0", 4)
    t.reach(5)
    answered(t, "what the reader of box 0 was answered", 48, 4)
    letter(t, "that reader's letter", [t.pattern(1)[:48]], t.process(4), 4)


@LAB.test(points=1, rule="every call is answered, whatever it asks for, and no length and no address of a client's does harm to another")
def mailbox_requests(t):
    t.reach(1)
    serves(t)
    t.equal("the answer to a letter of 64 bytes for box 1", 64, t.reported(0))
    for i, name in enumerate(("ioctl", "lseek")):
        answered(t, f"what a client is answered who calls {name}, which no mailbox knows: -EINVAL", -EINVAL, 3, i)
    t.reach(2)
    serves(t)
    for i, bytes in enumerate(("129", "4,096", "2^32 + 8", "2^63", "2^64 - 1")):
        t.equal(f"the answer to a letter of {bytes} bytes: -EMSGSIZE", -EMSGSIZE, t.reported(1 + i))
    t.equal("the answer to a letter from where no memory is: -EFAULT", -EFAULT, t.reported(6))
    t.equal("the answer to who takes a letter to where no memory is: -EFAULT", -EFAULT, t.reported(7))
    t.equal("the answer to who reads 0 bytes from an empty box, and waits for nothing: 0", 0, t.reported(8))
    t.reach(3)
    serves(t)
    t.equal("how many bytes a reader with room for 2^40 takes from box 1: its whole letter, which stayed there", 64, t.reported(9))
    letter(t, "the letter from box 1", [t.pattern(0)[:64]], t.process(1), 2)
    answered(t, "what a second reader of an empty box is answered: -EBUSY", -EBUSY, 5)
    t.equal("the answer to a letter for box 0, which is still empty", 16, t.reported(10))
    t.equal("the answer to a letter of 32 bytes for box 2", 32, t.reported(11))
    answered(t, "what its reader is answered, who has room for 8", 8, 4)
    letter(t, "that reader's part", [t.pattern(0)[:8]], t.process(4), 3)
    t.equal("what the next reader takes: the rest", 24, t.reported(12))
    letter(t, "the rest of the letter", [t.pattern(0)[8:32]], t.process(1), 3)


@LAB.test(points=1, rule="a server goes on whatever becomes of a client, and what was a dead one's is the next one's")
def mailbox_dies(t):
    t.reach(1)
    serves(t)
    t.equal("how a reader ended who was killed while it waited", KILLED + SIGKILL, t.reported(0))
    t.equal("the answer to the next letter for its box", 100, t.reported(1))
    t.equal("what the next reader takes: that letter, which a dead one has no use for", 100, t.reported(2))
    letter(t, "the letter", [t.pattern(1)[:100]], t.process(1), 2)
    t.reach(2)
    serves(t)
    answered(t, "what a waiting reader is answered when it has a signal to handle: -EINTR", -EINTR, 4)
    t.equal("how often its handler ran", 1, t.reported(9, t.process(4)))
    t.equal("the answer to the next letter for that box", 24, t.reported(3))
    answered(t, "what the reader is answered who began to wait after that", 24, 5)
    letter(t, "its letter", [t.pattern(0)[:24]], t.process(5), 3)
    t.reach(3)
    serves(t)
    t.equal("the answer to a letter for box 0", 8, t.reported(4))
    t.equal("the answer to another one, when the last descriptor of a connection to the box is gone, and the letter with it", 16, t.reported(5))
    t.equal("what the next reader takes", 16, t.reported(6))
    letter(t, "that letter", [t.pattern(1)[:16]], t.process(1), 3)
    t.reach(4)
    t.equal("how the server ended", KILLED + SIGKILL, t.reported(7))
    answered(t, "what a client is answered that the server has let wait: -EIO", -EIO, 6)
    t.equal("the answer to a later call", -EIO, t.reported(8))
