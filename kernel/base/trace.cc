#include "base/trace.hh"

#include "machine.hh"

namespace kine {

constinit Tracer tracer;

void Tracer::line(bool is_event, const char* text, std::initializer_list<LogArgument> arguments) {
  if (!is_event && !open) line(true, R"("event":"call","number":{}})", {call});
  if (is_event) print(R"({"n":{},"t":{},"by":{},)", {events++, Machine::now(), pid});
  open = true;
  print(text, arguments);
  print("\n", {});
}

}  // namespace kine
