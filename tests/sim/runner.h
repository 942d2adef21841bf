#pragma once

namespace sim {

/// The command line of tests/sim/run: 0 when no seed breaks an invariant.
int runFromCommandLine(int argumentCount, char** arguments);

} // namespace sim
