#pragma once

#include "core/base/secret_bytes.h"
#include "core/base/strong_id.h"
#include "core/crypto/hmac.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace core::request {

/// What of a cluster's data a client has seen written.
struct State {
    std::string clusterId;
    std::uint64_t local = 0;  // index of the cluster's own log
    std::uint64_t shared = 0; // epoch and index of the primary's log, see sharedNumber()

    bool operator==(const State&) const = default;
};

/// An index of a primary's log as one number that grows over promotions too: indexes of different primaries do not compare.
std::uint64_t sharedNumber(Epoch epoch, LogIndex index);

/// Writes and reads the values of X-Vault-Index (spec: replication-behaviour.md §5): base64 of
/// `v1:<cluster id>:<local>:<shared>:<hex HMAC-SHA-256>`. The key is derived from the set's forest key, so that every cluster of
/// the set can check what another has written. Thread-safe.
class StateSigner {
public:
    explicit StateSigner(const SecretBytes& forestKey);

    std::string write(const State& state) const;
    /// Nothing for what no cluster of this set has written.
    std::optional<State> read(std::string_view text) const;

private:
    crypto::HmacKey m_key;
};

} // namespace core::request
