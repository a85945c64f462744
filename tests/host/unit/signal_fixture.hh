// What the tests of signals have in common.
#pragma once

#include <sys/wait.h>

#include "actor.hh"

namespace kine {

class SignalTest : public ActorTest {
 protected:
  void send(const Actor& to, int signal) { EXPECT_EQ(init.call(nr::kill, to.pid(), signal), 0); }
  // What init's wait4 says of a child; -1: nothing.
  int status_of(const Actor& child, int options = WNOHANG) {
    return init.call(nr::wait4, child.pid(), Actor::kTextAt, options, 0) == child.pid() ? init.get<int>(Actor::kTextAt) : -1;
  }
  static void block(const Actor& actor, uint64_t set) {
    actor.put(Actor::kTextAt, set);
    EXPECT_EQ(actor.call(nr::sigprocmask, 2, Actor::kTextAt, 0, 8), 0);
  }
  static uint64_t blocked(const Actor& actor) { return actor.process().signals.blocked(); }
  static bool in_handler(const Actor& actor, int signal) {
    return actor.regs().rip == Actor::kHandler && actor.regs().rdi == static_cast<uint64_t>(signal);
  }
  static SignalFrame frame_of(const Actor& actor) { return actor.get<SignalFrame>(actor.regs().rsp); }
};

}  // namespace kine
