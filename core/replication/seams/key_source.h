#pragma once

#include "core/barrier/keyring.h"

#include <cstdint>

namespace core::replication {

/// The keys of the replication set as this cluster holds them, for both ends of a link. Thread-safe.
class KeySource {
public:
    virtual ~KeySource() = default;
    /// Changes with the keyring. Cheap; links ask before each frame.
    virtual std::uint64_t keysVersion() const = 0;
    /// Empty while the barrier is sealed.
    virtual barrier::Keyring::Ids keyIds() const = 0;
    /// A rekey has replaced the set's first root key. Programs that do not know `Keys` frames cannot follow any more.
    virtual bool isRekeyed() const = 0;
    /// The keys for the other end: barrier::KeyBundle. Errors: Sealed, Io, Corrupt.
    virtual Result<SecretBytes> keyBundle() const = 0;
    /// The public half of this cluster's token key; empty: none to send.
    virtual std::string tokenKey() const { return {}; }
    /// The version of the token keys that a primary sends. Another version means another text.
    virtual std::uint64_t tokenKeysVersion() const { return 0; }
    virtual std::string tokenKeys() const { return {}; }
    /// Whether a keyring row from a link may be stored: it opens with the root key held here and is not older.
    virtual bool isKeyringTakeable(std::string_view stored) const = 0;
};

} // namespace core::replication
