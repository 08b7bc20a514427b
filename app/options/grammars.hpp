// The grammar of each command; the command's own file beside this has it.
#pragma once

#include "app/options/layers.hpp"

namespace shardflow::app {

Grammar load_grammar();
Grammar compare_grammar();
Grammar sweep_grammar();
Grammar floor_grammar();
Grammar diff_grammar();
Grammar gate_grammar();
Grammar generate_grammar();
Grammar report_grammar();

}  // namespace shardflow::app
