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

/// Where the keyring stands, sealed with the root key; shared, so that a rotation reaches every cluster of the set.
inline constexpr std::string_view kKeyringKey = "s/core/keyring";

/// The keys of a replication set: one per term for values, the newest of which seals; the forest key, which never changes
/// (the leaves of all clusters are compared under it); and the root key, which protects the keyring itself. A rekey replaces it.
/// Not thread-safe.
class Keyring {
public:
    struct Term {
        std::uint32_t number = 0;
        SecretBytes key;
        WallTime installedAt;
    };

    static Keyring create(Random& random, WallTime now);
    /// What stands in kKeyringKey. Errors: Corrupt (another root key, damaged).
    static Result<Keyring> open(std::string_view sealed, const SecretBytes& rootKey);
    std::string sealed(Random& random) const;

    Keyring clone() const;
    /// Adds a term, which seals from now on; what earlier terms sealed still opens.
    void rotate(Random& random, WallTime now);
    /// Replaces the root key (32 bytes): what sealed() makes from here on opens with the new one only.
    void replaceRootKey(SecretBytes rootKey);

    /// How often the root key was replaced; 0: never.
    std::uint32_t rootGeneration() const { return m_rootGeneration; }
    /// Whether it holds each term of `other` with the same key.
    bool holdsTermsOf(const Keyring& other) const;
    /// Digests under the keys themselves (16 bytes): they tell whether two clusters hold the same keys, and give nothing away.
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

/// As Keyring::ids().
std::string rootKeyId(const SecretBytes& rootKey);

} // namespace core::barrier
