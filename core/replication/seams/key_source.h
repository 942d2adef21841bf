#pragma once

#include "core/barrier/keyring.h"

#include <cstdint>

namespace core::replication {

/// The keys of the replication set as this cluster holds them, for both ends of a link. Thread-safe.
class KeySource {
public:
    virtual ~KeySource() = default;
    /// Changes whenever the keyring does; cheap, asked before each frame.
    virtual std::uint64_t keysVersion() const = 0;
    /// Empty while the barrier is sealed.
    virtual barrier::Keyring::Ids keyIds() const = 0;
    /// A rekey has replaced the set's first root key: programs that do not know `Keys` frames cannot follow any more.
    virtual bool isRekeyed() const = 0;
    /// What the other end is sent: barrier::KeyBundle. Errors: Sealed, Io, Corrupt.
    virtual Result<SecretBytes> keyBundle() const = 0;
    /// The public half of this cluster's token key; empty: none is told.
    virtual std::string tokenKey() const { return {}; }
    /// The token keys that a primary tells; they are another text when the version is another.
    virtual std::uint64_t tokenKeysVersion() const { return 0; }
    virtual std::string tokenKeys() const { return {}; }
    /// Whether a keyring row that came over a link may be stored: it opens with the root key held here, and is no older.
    virtual bool isKeyringTakeable(std::string_view stored) const = 0;
};

} // namespace core::replication
