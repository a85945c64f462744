// In the place of base/tracing.hh, in the kernel that is built with TRACING=on.
#pragma once

inline constexpr bool kTracing = true;
