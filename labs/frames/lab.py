"""Lab frames: what its tests look for. The programs are in tests/, what each call here does is said in tools/lab/trial.py."""

from lab.state import FREE_KINDS
from lab.trial import ENOMEM, PAGE, Lab

LAB = Lab(
    title="frames and their counts",
    points=8,
    files=["kernel/mm/frames.hh", "kernel/mm/frames.cc"],
    uses=["fork", "cow", "tree"],
)

PARENT, CHILD = 1, 2
COUNTED = "a frame's count is the number of its references"
GIVEN_BACK = "a frame without references is free again"


def at(page):
    return 0x600000000000 + page * PAGE


def free_again(t, what, frames):
    """Each of these frames is free."""
    for frame in frames:
        kind = t.moment.record(frame).kind
        t.true(f"{what}: frame {frame} is free", kind in FREE_KINDS, f"it is {kind}, count {t.moment.count(frame)}", GIVEN_BACK)


@LAB.test(points=2, rule="a frame that is taken has one reference, and is free again when that goes")
def takes(t):
    t.reach(1)
    free, tables = t.moment.free, t.tables_of(t.process(PARENT))
    t.reach(2)
    frames = [t.frame(t.process(PARENT), at(page)) for page in range(24)]
    t.equal("different frames for 24 pages", 24, len(set(frames)), "no frame is handed out twice")
    for page, frame in enumerate(frames):
        t.equal(f"the count of page {page}", 1, t.moment.count(frame), COUNTED)
        t.equal(f"the kind of the frame of page {page}", "kPage", t.moment.record(frame).kind)
        t.page(f"page {page}", t.pattern(page), t.process(PARENT), at(page))
    made = t.tables_of(t.process(PARENT)) - tables
    t.equal(f"frames that 24 pages and {len(made)} tables took", 24 + len(made), free - t.moment.free)
    t.reach(3)
    free_again(t, "pages 8 to 15, unmapped", frames[8:16])
    for page in [*range(8), *range(16, 24)]:
        t.page(f"page {page}, still mapped", t.pattern(page), t.process(PARENT), at(page))
    t.reach(4)
    free_again(t, "all 24 pages, unmapped", frames)
    free_again(t, "the tables above them", made)
    t.equal("frames free", free, t.moment.free, GIVEN_BACK)


@LAB.test(points=1, rule="a page that a program gets is zero, whoever had its frame before")
def recycled(t):
    t.reach(1)
    free = t.moment.free
    seen = set()
    for round in (2, 10):
        t.reach(round)
        for page in range(512):
            t.page(f"page {page} in round {round}, never written", bytes(PAGE), t.process(PARENT), at(page))
            seen.add(t.frame(t.process(PARENT), at(page)))
    t.reach(20)
    t.equal("words that were not zero when they were first read", 0, t.reported(0))
    t.equal("frames free after 5,120 pages, more than the machine has", free, t.moment.free, GIVEN_BACK)


@LAB.test(points=1, rule="three hundred references are counted as three hundred", words="fork=pages", memory=64)
def counts(t):
    t.reach(1)
    frame, free = t.frame(t.process(PARENT), at(0)), t.moment.free
    for step, references in ((2, 301), (3, 151), (4, 1)):
        t.reach(step)
        if step == 2:
            t.equal("forks that succeeded", 300, t.reported(1))
        t.equal(f"the count of a page that {references} processes have", references, t.moment.count(frame), COUNTED)
        t.page("the page", t.pattern(1), t.process(PARENT), at(0))
    t.equal("children that ended in order", 300, t.reported(2))
    t.equal("frames free", free, t.moment.free, GIVEN_BACK)
    t.reach(5)
    free_again(t, "the page, unmapped by the last who had it", [frame])


@LAB.test(points=1, rule="a frame is in use until its last reference goes, whose ever that is", words="fork=pages")
def last_reference(t):
    t.reach(1)
    frames, free = [t.frame(t.process(PARENT), at(page)) for page in range(4)], t.moment.free
    t.reach(2)
    for page in range(4):
        t.equal(f"the count of page {page}, which parent and child have", 2, t.moment.count(frames[page]), COUNTED)
    t.reach(3)
    t.equal("the count of page 0, which the child alone has", 1, t.moment.count(frames[0]), COUNTED)
    t.page("page 0 of the child, which the parent unmapped", t.pattern(0), t.process(CHILD), at(0))
    t.reach(4)
    t.equal("the count of page 1, which the parent alone has", 1, t.moment.count(frames[1]), COUNTED)
    t.page("page 1 of the parent, which the child unmapped", t.pattern(1), t.process(PARENT), at(1))
    t.reach(5)
    free_again(t, "page 1, unmapped by both", frames[1:2])
    t.page("page 0 of the child, which the parent unmapped", t.pattern(0), t.process(CHILD), at(0))
    t.reach(6)
    t.equal("how the child ended", 0, t.reported(0))
    free_again(t, "page 0, whose last owner has ended", frames[:1])
    for page in (2, 3):
        t.equal(f"the count of page {page}, after the child's end", 1, t.moment.count(frames[page]), COUNTED)
        t.page(f"page {page} of the parent", t.pattern(page), t.process(PARENT), at(page))
    t.equal("frames free: as before, and two pages", free + 2, t.moment.free, GIVEN_BACK)


def place(i):
    return 0x600000000000 + (i << 39) + (i << 30) + (i << 21)


@LAB.test(points=1, rule="a table that goes gives up its references: what only it led to goes too, and nothing else", words="fork=tree")
def tables_go_too(t):
    t.reach(1)
    free, tables = t.moment.free, t.tables_of(t.process(PARENT))
    t.reach(2)
    made = t.tables_of(t.process(PARENT)) - tables
    frames = [t.frame(t.process(PARENT), place(i)) for i in range(8)]
    t.equal("tables for eight pages, each below another entry of the root", 24, len(made), "each place has a table of each level")
    t.reach(3)
    free_again(t, "the tables", made)
    free_again(t, "the pages", frames)
    t.equal("frames free", free, t.moment.free, GIVEN_BACK)
    t.reach(4)
    kept, free = t.moment.pages(t.process(PARENT)), t.moment.free
    t.reach(5)
    tree = t.tables_of(t.process(CHILD)) - t.tables_of(t.process(PARENT))
    for i in range(16):
        t.page(f"page {i} of the child", t.pattern(i), t.process(CHILD), place(i))
    t.reach(6)
    t.equal("how the child ended", 0, t.reported(0))
    free_again(t, "the child's own tables", tree)
    for i in range(8):
        t.equal(f"the frame of page {i}", kept[place(i)].frame, t.frame(t.process(PARENT), place(i)))
        t.page(f"page {i} of the parent, after its child's end", t.pattern(i), t.process(PARENT), place(i))
    t.equal("frames free", free, t.moment.free, GIVEN_BACK)


@LAB.test(points=1, rule="the last free frame can be taken, and after it the answer is ENOMEM")
def no_memory(t):
    t.reach(1)
    t.leave_free(3)
    t.reach(2, audit=False)
    t.give_back()
    t.look_again()
    for page in range(1, 8):
        expected = 0 if page <= 3 else -ENOMEM
        t.equal(f"the answer to a call that takes a frame, with {max(4 - page, 0)} free frames", expected, t.reported(page))
        t.true(f"page {page} has a frame: {page <= 3}", t.moment.at(t.process(PARENT), at(page)).entry.present == (page <= 3), page > 3)
    t.reach(3)
    for page in range(1, 8):
        t.equal("the answer to the same call, once there is memory again", 0, t.reported(page))
    t.page("a page that was there all the time", t.pattern(0), t.process(PARENT), at(0))


@LAB.test(points=1, rule="a frame is taken in constant time, however much memory is in use")
def constant_time(t):
    t.reach(1)
    t.true("more than 2,700 frames are free", t.moment.free > 2700, t.moment.free)
    t.reach(2)
    first, later = t.reported(0), t.reported(1)
    t.true(f"64 pages take no longer than {2 * first} ns with most memory in use; they took {first} ns before", later <= 2 * first, f"{later} ns")
    t.reach(3)
