#pragma once

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/base/secret_bytes.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core::barrier {

/// The stored keyring, sealed with the root key. The key is shared, so a rotation reaches every cluster of the set.
inline constexpr std::string_view kKeyringKey = "s/core/keyring";

/// The keys of a replication set. Not thread-safe.
/// - One key per term for values. The newest term seals.
/// - The forest key, which never changes: all clusters compare their leaves under it.
/// - The root key, which protects the keyring itself. A rekey replaces it.
class Keyring {
public:
    struct Term {
        std::uint32_t number = 0;
        SecretBytes key;
        WallTime installedAt;
    };

    static Keyring create(Random& random, WallTime now);
    /// Opens the content of kKeyringKey. Errors: Corrupt (damaged, or another root key).
    static Result<Keyring> open(std::string_view sealed, const SecretBytes& rootKey);
    std::string sealed(Random& random) const;

    Keyring clone() const;
    /// Adds a term, which seals from now on. Values of earlier terms still open.
    void rotate(Random& random, WallTime now);
    /// Replaces the root key (32 bytes). What sealed() makes from now on opens only with the new one.
    void replaceRootKey(SecretBytes rootKey);

    /// How often the root key was replaced; 0: never.
    std::uint32_t rootGeneration() const { return m_rootGeneration; }
    /// True if this keyring has each term of `other`, with the same key.
    bool holdsTermsOf(const Keyring& other) const;
    /// Digests made with the keys themselves (16 bytes). They show whether two clusters have the same keys, and reveal nothing about the keys.
    struct Ids {
        std::string rootKey;
        std::string term; // the newest
        bool operator==(const Ids&) const = default;
    };
    Ids ids() const;

    const std::vector<Term>& terms() const { return m_terms; }
    const Term& activeTerm() const { return m_terms.back(); }
    const SecretBytes& rootKey() const { return m_rootKey; }
    const SecretBytes& forestKey() const { return m_forestKey; }

private:
    Keyring() = default;

    std::vector<Term> m_terms; // ascending, at least one
    SecretBytes m_rootKey;
    SecretBytes m_forestKey;
    std::uint32_t m_rootGeneration = 0;
};

/// The root key's id as in Keyring::ids().
std::string rootKeyId(const SecretBytes& rootKey);

} // namespace core::barrier
