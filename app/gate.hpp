// The two kinds of gate: against another build, and of the modes against their bounds.
#pragma once

#include "app/gate_report.hpp"
#include "app/options.hpp"
#include "pipeline/interrupt.hpp"

namespace shardflow::app {

// Measure, and tell the verdict. Throw std::runtime_error if a build fails or gives a wrong map.
GateReport gate_against(const GateOptions& options, const TerminalOptions& terminal, const Interrupt& interrupt);
GateReport gate_modes(const GateOptions& options, const TerminalOptions& terminal, const Interrupt& interrupt);

// The file with the modes' bounds.
std::string bounds_path(const GateOptions& options);

// Measures the modes, writes the bounds, and returns what changed in the file, line by line.
std::string update_gate_bounds(const GateOptions& options, const TerminalOptions& terminal, const Interrupt& interrupt);

}  // namespace shardflow::app
