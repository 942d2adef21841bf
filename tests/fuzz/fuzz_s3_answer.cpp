#include "core/base/percent.h"
#include "core/snapshot/s3_destination.h"

#include <cstdlib>

/// Answers of an object store: each is read or refused, within bounds.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace core;
    const std::string text{reinterpret_cast<const char*>(data), size};
    const auto listing = snapshot::parseS3Listing(text);
    if (listing) {
        for (const auto& object : listing->objects) {
            if (object.name.empty()) std::abort();
        }
    }
    if (snapshot::parseS3Error(text).size() > 300) std::abort();
    if (percentEncoded(text).find('/') != std::string::npos) std::abort();
    return 0;
}
