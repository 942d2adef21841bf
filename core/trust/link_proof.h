#pragma once

#include "core/trust/signing_key.h"

#include <string>

namespace core::trust {

inline constexpr std::size_t kExporterBytes = 32;
/// The label of a value that only the two ends of a TLS connection can derive (RFC 8446, 7.5).
inline constexpr const char* kExporterLabel = "EXPORTER-holdfast-link-proof-v1";

/// The text that one end of a connection signs with its member key. It proves that this cluster is at the end of this very connection, with
/// nobody in between. Certificates alone do not prove that: members that may succeed hold copies of the authority's key.
struct LinkClaim {
    std::string exporter{}; // of the TLS connection
    std::string protocol{}; // ALPN
    bool isClient = false;
    std::string setId{};
    std::string type{}; // "performance", "dr"
    std::string seat{}; // of the client, from its certificate

    std::string sign(const SigningKey& key) const;
    /// False also without an exporter value: then the signature is bound to nothing.
    bool isSignedBy(std::string_view memberKey, std::string_view signature) const;
};

} // namespace core::trust
