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

/// How much of a cluster's data a client has seen.
struct State {
    std::string clusterId;
    std::uint64_t local = 0;  // index of the cluster's own log
    std::uint64_t shared = 0; // epoch and index of the primary's log, see sharedNumber()

    bool operator==(const State&) const = default;
};

/// An index of a primary's log as one number. It grows over promotions too, although indexes of different primaries cannot be compared. 24 bits of
/// epoch, 40 bits of index. A value that does not fit counts as the largest.
std::uint64_t sharedNumber(Epoch epoch, LogIndex index);

/// Writes and reads the values of X-Vault-Index (spec: replication-behaviour.md §5): base64 of `v1:<cluster id>:<local>:<shared>:<hex HMAC-SHA-256>`.
/// The key is derived from the newest term of the set's keyring. So every cluster of the set can check the values of another, and former members
/// cannot make valid ones after a rotation. Thread-safe.
class StateSigner {
public:
    /// After a rotation, clients can show values that were signed before it for this long.
    static constexpr std::chrono::hours kFormerFor{24};

    explicit StateSigner(const barrier::Keyring& keyring);

    std::string write(const State& state) const;
    /// Empty if no cluster of this set has written the value, or if its term was replaced kFormerFor before `now`.
    std::optional<State> read(std::string_view text, WallTime now) const;

private:
    struct Key {
        crypto::HmacKey key;
        std::optional<WallTime> replacedAt; // empty: the newest term
    };
    bool isSigned(std::string_view text, std::string_view mac, WallTime now) const;

    std::vector<Key> m_keys; // newest first, at most kKeysMax
};

} // namespace core::request
