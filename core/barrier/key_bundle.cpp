#include "core/barrier/keyring.pb.h"
#include "core/barrier/seal.h"

namespace core::barrier {

SecretBytes KeyBundle::serialize() const
{
    wire::SealConfig config;
    config.set_type(sealType);
    config.set_shares(static_cast<std::uint32_t>(shares.counts.shares));
    config.set_threshold(static_cast<std::uint32_t>(shares.counts.threshold));
    wire::KeyBundle file;
    file.set_seal_config(config.SerializeAsString());
    file.set_wrapped_root_key(shares.wrappedRootKey);
    file.set_check_key(shares.checkKey);
    file.set_checks(shares.checks);
    file.set_sealed_keyring(sealedKeyring);
    file.set_root_key(rootKey.data(), rootKey.size());
    std::string text = file.SerializeAsString();
    SecretBytes out = SecretBytes::copyOf(text);
    // Protobuf holds the secrets in ordinary strings, so they are wiped by hand.
    core::wipe(text);
    core::wipe(*file.mutable_root_key());
    return out;
}

Result<KeyBundle> KeyBundle::parse(std::string_view bytes)
{
    wire::KeyBundle file;
    wire::SealConfig config;
    if (!file.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || !config.ParseFromString(file.seal_config())) {
        return Error{ErrorCode::Corrupt, "the key bundle is damaged"};
    }
    KeyBundle bundle{
        config.type(),
        {{static_cast<int>(config.shares()), static_cast<int>(config.threshold())}, file.wrapped_root_key(), file.check_key(), file.checks()},
        file.sealed_keyring(),
        SecretBytes::copyOf(file.root_key()),
        true};
    core::wipe(*file.mutable_root_key());
    if (!checkShareCounts(bundle.shares.counts)) return Error{ErrorCode::Corrupt, "the key bundle is damaged"};
    // Opens the keyring once: a bundle whose root key does not fit must fail here, and not after it has replaced this node's keys.
    if (auto keyring = bundle.keyring(); !keyring) return std::move(keyring).error().withContext("key bundle");
    return bundle;
}

Result<Keyring> KeyBundle::keyring() const
{
    return Keyring::open(sealedKeyring, rootKey);
}

} // namespace core::barrier
