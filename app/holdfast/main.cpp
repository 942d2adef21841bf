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

/// Commands that are no client of a server. They parse their words themselves.
const std::array kModes{
    cli::Mode{"server", "Serve the API in the foreground", cli::runServer},
    cli::Mode{"lab", "Start three clusters that replicate, for experiments", cli::runLab},
};

} // namespace

int main(int argc, char** argv)
{
    mallopt(M_PERTURB, 0x5a); // overwrites freed memory, which may have held answers with secrets
    const std::vector<std::string> words{argv + 1, argv + argc};
    auto context = cli::processContext();
    try {
        return cli::runCommandLine(words, context, kModes);
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "Error: %s\n", failure.what()); // an unexpected exception ends in a message and an exit code, not in an abort
        return 1;
    }
}
