#include "core/auth/approle/secret_id.h"

#include "core/auth/approle/secret_id_rows.h"

namespace core::auth::approle {

SecretIds::SecretIds(barrier::View storage, const Role& role, SaltedDigests digests)
    : m_storage{std::move(storage)}
    , m_folder{role.folder}
    , m_key{role.digestKey}
    , m_digests{std::move(digests)}
{}

Result<SecretIds> SecretIds::of(mount::Context& context, const Role& role)
{
    auto digests = SaltedDigests::load(context);
    if (!digests) return digests.error();
    return SecretIds{role.hasLocalSecretIds ? context.localStorage : context.storage, role, std::move(*digests)};
}

Result<std::optional<SecretIds::Found>> SecretIds::at(std::string digest) const
{
    auto stored = m_storage.get(SecretIdRows::idPath(m_folder, digest));
    if (!stored) return stored.error();
    if (!*stored) return std::optional<Found>{};
    auto record = SecretIdRows::decode(**stored);
    if (!record) return record.error();
    return std::optional{Found{std::move(digest), std::move(*record)}};
}

Result<std::optional<SecretIds::Found>> SecretIds::find(std::string_view secretId) const
{
    return at(digestOf(m_key, secretId));
}

Result<SecretIds::AccessorAnswer> SecretIds::findByAccessor(std::string_view accessor) const
{
    auto idPath = m_storage.get(SecretIdRows::accessorPath(m_digests.of(accessor)));
    if (!idPath) return idPath.error();
    if (!*idPath) return AccessorAnswer{};
    const auto own = SecretIdRows::idPath(m_folder, {});
    if (!(*idPath)->starts_with(own)) return AccessorAnswer{{}, true};
    auto found = at((*idPath)->substr(own.size()));
    if (!found) return found.error();
    return AccessorAnswer{std::move(*found), false};
}

Result<> SecretIds::add(std::string_view secretId, const SecretId& record)
{
    const auto digest = digestOf(m_key, secretId);
    const auto path = SecretIdRows::idPath(m_folder, digest);
    if (auto put = m_storage.put(path, SecretIdRows::encode(record)); !put) return put;
    if (auto put = m_storage.put(SecretIdRows::accessorPath(m_digests.of(record.accessor)), path); !put) return put;
    if (!record.expiresAt) return {};
    return m_storage.put(SecretIdRows::expiryPath(*record.expiresAt, m_folder, digest), {});
}

Result<> SecretIds::replace(const Found& found)
{
    return m_storage.put(SecretIdRows::idPath(m_folder, found.digest), SecretIdRows::encode(found.record));
}

Result<> SecretIds::erase(const Found& found)
{
    return SecretIdRows::erase(m_storage, m_digests, m_folder, found.digest, found.record);
}

Result<std::vector<std::string>> SecretIds::accessors() const
{
    std::vector<std::string> accessors;
    Result<> failed;
    auto visited = m_storage.forEach(SecretIdRows::idPath(m_folder, {}), [&](std::string_view, std::string_view value) {
        auto record = SecretIdRows::decode(value);
        if (!record) return failed = record.error(), false;
        accessors.push_back(std::move(record->accessor));
        return true;
    });
    if (!visited) return visited.error();
    if (!failed) return failed.error();
    return accessors;
}

} // namespace core::auth::approle
