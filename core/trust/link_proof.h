#pragma once

#include "core/trust/signing_key.h"

#include <string>

namespace core::trust {

inline constexpr std::size_t kExporterBytes = 32;
/// Label of the value that both ends of a TLS connection derive from it (RFC 8446, 7.5) and nobody else can.
inline constexpr const char* kExporterLabel = "EXPORTER-holdfast-link-proof-v1";

/// What one end of a connection between clusters signs with its member key: that it, and no one in between, is at the end of just
/// this connection. Certificates alone do not prove that, since the authority's key is copied to those who may take its place.
struct LinkClaim {
    std::string exporter{}; // of the TLS connection
    std::string protocol{}; // ALPN
    bool isClient = false;
    std::string setId{};
    std::string type{}; // "performance", "dr"
    std::string seat{}; // of the client, as its certificate says

    std::string sign(const SigningKey& key) const;
    /// False also without an exporter: there is nothing that the signature is bound to.
    bool isSignedBy(std::string_view memberKey, std::string_view signature) const;
};

} // namespace core::trust
