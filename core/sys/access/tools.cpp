#include "core/sys/routes/handlers.h"

#include "core/route/byte_tools.h"

namespace core::sys {
namespace {

Result<mount::Response> random(Call& call)
{
    return route::randomBytes(call, route::NegativeCount::Refused);
}

Result<mount::Response> hash(Call& call)
{
    return route::digestOfInput(call, false);
}

} // namespace

void addToolRoutes(RouteTable& routes)
{
    const std::string randomHelp = "Random bytes: `bytes`, `format` (base64, hex).";
    const FieldList randomFields{"bytes", "format"};
    for (const auto* pattern : {"tools/random", "tools/random/:source", "tools/random/:source/:urlbytes"}) {
        routes.add({.verbs = Verb::Write, .pattern = pattern, .handle = random, .fields = randomFields, .help = randomHelp});
    }
    const std::string hashHelp = "Digest of `input` (base64) by `algorithm` (sha2-256 …), in `format` (hex, base64).";
    const FieldList hashFields{"input", "algorithm", "format"};
    for (const auto* pattern : {"tools/hash", "tools/hash/:urlalgorithm"}) {
        routes.add({.verbs = Verb::Write, .pattern = pattern, .handle = hash, .fields = hashFields, .help = hashHelp});
    }
}

} // namespace core::sys
