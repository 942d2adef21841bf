#pragma once

#include "core/mount/backend.h"

namespace core::engine {

/// KV version 1: one value per path, kept as the caller's JSON text (spec: engines-and-auth-api.md §2).
/// Storage format: core/engine/kv/README.md.
class KvV1Backend final : public mount::Backend {
public:
    Result<mount::Response> handle(const mount::Request& request, mount::Context& context) override;
    Result<std::optional<bool>> exists(const mount::Request& request, mount::Context& context) override;
    std::string help(std::string_view relativePath) const override;

    static constexpr std::string_view kValuesFolder = "values/";
};

/// The object of a request as JSON text: the body as it came, or, when the fields did not come as a JSON body, the
/// fields written out.
std::string objectTextOf(const mount::Request& request);

} // namespace core::engine
