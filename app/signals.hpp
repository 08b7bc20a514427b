// SIGINT, SIGTERM and SIGHUP: a run stops within 0.2 s, also one that waits for a pipe or a disk.
#pragma once

#include "pipeline/interrupt.hpp"

namespace shardflow::app {

// Call once, before any other thread exists: from then on a thread of its own takes the signals. It raises
// the interrupt, and if the process is still there 0.15 s later, ends it.
void watch_signals();

// What the signals raise.
const Interrupt& process_interrupt();

// 128 + the signal's number.
int interrupted_exit_code();

}  // namespace shardflow::app
