// random and hash, which use no key.
#include "core/route/byte_tools.h"
#include "core/transit/routes/routes.h"

namespace core::transit {
namespace {

Result<Response> handleRandom(Call& call)
{
    return route::randomBytes(call, route::NegativeCount::Ignored);
}

Result<Response> handleHash(Call& call)
{
    return route::digestOfInput(call, true);
}

} // namespace

void addToolRoutes(RouteTable& routes)
{
    for (const auto* tail : {"", "/:source", "/:source/:urlbytes"}) {
        routes.add(
            {.verbs = Verb::Write,
             .pattern = std::string{"random"} + tail,
             .handle = handleRandom,
             .fields = FieldList{{"bytes", FieldType::Integer, "1 to 131072.", "32"}, {"format", FieldType::Text, "base64 or hex.", R"("base64")"}},
             .help = "Random bytes."});
    }
    for (const auto* tail : {"", "/:urlalgorithm"}) {
        routes.add({.verbs = Verb::Write,
                    .pattern = std::string{"hash"} + tail,
                    .handle = handleHash,
                    .fields = FieldList{{"input", FieldType::Text, "Base64."},
                                        {"algorithm", FieldType::Text, "sha2-224 to sha2-512, sha3-224 to sha3-512.", R"("sha2-256")"},
                                        {"format", FieldType::Text, "hex or base64.", R"("hex")"}},
                    .help = "The digest of `input`."});
    }
}

} // namespace core::transit
