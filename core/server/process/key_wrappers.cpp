#include "core/server/process/key_wrappers.h"

namespace core::server {
namespace {

class Pkcs11Wrapper final : public barrier::KeyWrapper {
public:
    Pkcs11Wrapper(crypto::Pkcs11Key::Options options, Random& random) : m_key{std::move(options), random} {}

    std::string_view type() const override { return "pkcs11"; }
    Result<std::string> wrap(std::string_view name, const SecretBytes& key) override { return m_key.wrap(name, key); }
    Result<SecretBytes> unwrap(std::string_view name, std::string_view wrapped) override { return m_key.unwrap(name, wrapped); }

private:
    const crypto::Pkcs11Key m_key;
};

} // namespace

std::unique_ptr<barrier::KeyWrapper> makeKeyWrapper(const SealConfig& seal, Random& random)
{
    if (seal.type != "pkcs11") return nullptr;
    return std::make_unique<Pkcs11Wrapper>(seal.pkcs11, random);
}

} // namespace core::server
