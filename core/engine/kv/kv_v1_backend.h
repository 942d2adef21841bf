#pragma once

#include "core/route/routed_backend.h"

namespace core::engine {

/// KV version 1: one value per path, kept as the caller's JSON text (spec: engines-and-auth-api.md §2).
/// Storage format: core/engine/kv/README.md.
class KvV1Backend final : public route::RoutedBackend {
public:
    KvV1Backend();

    static constexpr std::string_view kValuesFolder = "values/";
};

/// The object of a request as JSON text: the body as received, or, if the fields did not come as a JSON body, the
/// fields written out.
std::string objectTextOf(const mount::Request& request);

} // namespace core::engine
