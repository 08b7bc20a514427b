// A made-up history of the gate.
#pragma once

#include <string>

namespace testing {

// Lines of so many runs, and then of so many in which wall took `factor` times as long; peak stays as it is.
std::string history_lines(int before, int after, double factor);

}  // namespace testing
