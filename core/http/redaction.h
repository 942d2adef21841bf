#pragma once

#include "core/http/message.h"

#include <string_view>

namespace core::http {

/// A listener's keys redact_*: what sys/health, sys/leader and sys/seal-status do not tell on it, since they ask for no token.
struct Redaction {
    bool addresses = false;
    bool clusterName = false;
    bool version = false;

    bool isOn() const { return addresses || clusterName || version; }
    /// Empties the fields in the answer of a request to this path (without "v1/").
    void apply(std::string_view path, Reply& reply) const;
};

/// Whether the path is one of those that disable_replication_status_endpoints closes.
bool isReplicationStatus(std::string_view path);

} // namespace core::http
