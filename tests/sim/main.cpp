#include "tests/sim/runner.h"

int main(int argumentCount, char** arguments)
{
    return sim::runFromCommandLine(argumentCount, arguments);
}
