#pragma once

#include "core/http/message.h"

#include <string_view>

namespace core::http {

/// A listener's keys redact_*: the fields that sys/health, sys/leader and sys/seal-status hide on it, because they need no token.
struct Redaction {
    bool addresses = false;
    bool clusterName = false;
    bool version = false;

    bool isOn() const { return addresses || clusterName || version; }
    /// Empties the fields in the answer of a request to this path (without "v1/").
    void apply(std::string_view path, Reply& reply) const;
};

/// True for the paths that disable_replication_status_endpoints closes.
bool isReplicationStatus(std::string_view path);

} // namespace core::http
