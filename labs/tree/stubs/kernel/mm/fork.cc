// The stubs of lab tree: kTree does what kPages does.

// Lab tree: Which entries does a fork whose cost is the same for every process share? The rest of fork_from follows from this number.
constexpr unsigned level_to_share(ForkStrategy strategy) {
  if (strategy == ForkStrategy::kEager) return kNoLevel;
  return 0;
}
