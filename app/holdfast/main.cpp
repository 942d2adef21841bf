#include "app/holdfast/command_line.h"

#include <array>
#include <malloc.h>
#include <string>
#include <vector>

namespace {

/// Ways to run this program other than as a client of a server. They take their words unparsed.
const std::array<cli::Mode, 0> kModes{};

} // namespace

int main(int argc, char** argv)
{
    mallopt(M_PERTURB, 0x5a); // what is freed is overwritten, answers with secrets included
    const std::vector<std::string> words{argv + 1, argv + argc};
    auto context = cli::processContext();
    return cli::runCommandLine(words, context, kModes);
}
