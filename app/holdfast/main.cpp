#include "app/holdfast/command_line.h"
#include "app/holdfast/server/command_lab.h"
#include "app/holdfast/server/command_server.h"

#include <array>
#include <cstdio>
#include <exception>
#include <malloc.h>
#include <string>
#include <vector>

namespace {

/// Ways to run this program other than as a client of a server. They take their words unparsed.
const std::array kModes{
    cli::Mode{"server", "Serve the API in the foreground", cli::runServer},
    cli::Mode{"lab", "Start three clusters that replicate, for trying things out", cli::runLab},
};

} // namespace

int main(int argc, char** argv)
{
    mallopt(M_PERTURB, 0x5a); // what is freed is overwritten, answers with secrets included
    const std::vector<std::string> words{argv + 1, argv + argc};
    auto context = cli::processContext();
    try {
        return cli::runCommandLine(words, context, kModes);
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "Error: %s\n", failure.what()); // what nobody below expected: a message and a status, not an abort
        return 1;
    }
}
