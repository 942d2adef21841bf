#pragma once

#include "core/barrier/keyring.h"
#include "core/base/strong_id.h"
#include "core/crypto/hmac.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::request {

/// What of a cluster's data a client has seen written.
struct State {
    std::string clusterId;
    std::uint64_t local = 0;  // index of the cluster's own log
    std::uint64_t shared = 0; // epoch and index of the primary's log, see sharedNumber()

    bool operator==(const State&) const = default;
};

/// An index of a primary's log as one number that grows over promotions too: indexes of different primaries do not compare. 24 bits of
/// epoch, 40 of index: what does not fit counts as the largest.
std::uint64_t sharedNumber(Epoch epoch, LogIndex index);

/// Writes and reads the values of X-Vault-Index (spec: replication-behaviour.md §5): base64 of
/// `v1:<cluster id>:<local>:<shared>:<hex HMAC-SHA-256>`. Its key is derived from the newest term of the set's keyring, so that every
/// cluster of the set can check what another has written, and a rotation ends what former members could write. Thread-safe.
class StateSigner {
public:
    /// So long after a rotation a client may still show what was written before it.
    static constexpr std::chrono::hours kFormerFor{24};

    explicit StateSigner(const barrier::Keyring& keyring);

    std::string write(const State& state) const;
    /// Nothing for what no cluster of this set has written, or what is signed with a term that was replaced kFormerFor before `now`.
    std::optional<State> read(std::string_view text, WallTime now) const;

private:
    struct Key {
        crypto::HmacKey key;
        std::optional<WallTime> replacedAt; // nothing: it is the newest
    };
    bool isSigned(std::string_view text, std::string_view mac, WallTime now) const;

    std::vector<Key> m_keys; // newest first, at most kKeysMax
};

} // namespace core::request
