#pragma once

#include "core/barrier/key_wrapper.h"
#include "core/barrier/sealed_value.h"

#include <optional>

namespace core::barrier {

/// An HSM in memory. Tests can make it unavailable.
class FakeWrapper final : public KeyWrapper {
public:
    explicit FakeWrapper(Random& random) : m_random{random}, m_key{random.secret(crypto::kAeadKeyBytes)} {}

    std::string_view type() const override { return "fake"; }
    Result<std::string> wrap(std::string_view name, const SecretBytes& key) override
    {
        if (failure) return *failure;
        return sealValueWith(crypto::AeadKey{m_key}, kNoTerm, m_random, name, key.view());
    }
    Result<SecretBytes> unwrap(std::string_view name, std::string_view wrapped) override
    {
        if (failure) return *failure;
        const auto parts = splitSealed(wrapped);
        if (!parts) return parts.error();
        return crypto::AeadKey{m_key}.openSecret(parts->nonce, name, parts->ciphertext);
    }

    std::optional<Error> failure;

private:
    Random& m_random;
    SecretBytes m_key;
};

} // namespace core::barrier
