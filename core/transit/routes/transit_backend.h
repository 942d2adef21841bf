#pragma once

#include "core/route/routed_backend.h"
#include "core/transit/key/key_cache.h"
#include "core/transit/key/key_storage.h"

#include <atomic>

namespace core::transit {

/// The transit engine: keys that never leave the server encrypt, sign and authenticate the data of clients (spec: engines-and-auth-api.md §5).
/// Storage format and rules: core/transit/README.md.
class TransitBackend final : public route::RoutedBackend {
public:
    TransitBackend();

    /// Work of more than about a millisecond leaves the I/O thread: the private half of RSA, long batches.
    bool isSlow(const mount::Request& request) const override;
    void invalidate(std::string_view path) override;
    /// Rotates at most one key whose period is over, because an RSA key takes seconds.
    Result<bool> maintain(mount::Context& context) override;

    /// From memory if it is there. Null: there is no such key. Errors: those of the storage.
    Result<KeyPointer> findKey(const mount::Context& context, std::string_view name);
    KeyCache& cache() { return m_cache; }

private:
    Result<> adoptCacheSize(const KeyStorage& storage);

    KeyCache m_cache;
    std::atomic<bool> m_isCacheSizeKnown{false};
};

} // namespace core::transit
