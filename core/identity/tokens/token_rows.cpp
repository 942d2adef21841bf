#include "core/identity/tokens/token_rows.h"

#include "core/identity/entity_rows.h"
#include "core/trust/rekey_due.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

namespace core::identity {
namespace {

namespace json = boost::json;

constexpr std::string_view kKey = "key/";
constexpr std::string_view kPrivateHalf = "private/"; // by the pair's id
constexpr std::string_view kKeyOfId = "key-of-id/";
constexpr std::string_view kRole = "role/";
constexpr std::string_view kRoleOfKey = "role-of-key/"; // by key, then by role
constexpr std::string_view kIssuer = "issuer";

std::string pathOf(std::string_view folder, std::string_view name)
{
    return std::string{folder}.append(name);
}

std::string roleOfKeyPath(std::string_view key, std::string_view role)
{
    return pathOf(kRoleOfKey, key).append("/").append(role);
}

std::string encode(const TokenRole& role)
{
    return json::serialize(json::object{{"key", role.key}, {"client_id", role.clientId}, {"template", role.claimsText}, {"ttl", role.ttl.count()}});
}

Result<TokenRole> decodeRole(std::string_view name, std::string_view text)
{
    try {
        const auto object = json::parse(text).as_object();
        return TokenRole{.name = std::string{name},
                         .key = json::value_to<std::string>(object.at("key")),
                         .clientId = json::value_to<std::string>(object.at("client_id")),
                         .claimsText = json::value_to<std::string>(object.at("template")),
                         .ttl = std::chrono::seconds{object.at("ttl").to_number<std::int64_t>()}};
    } catch (const std::exception&) {
        return Error{ErrorCode::Corrupt, "a role of identity tokens has a form that is not known"};
    }
}

} // namespace

TokenRows::TokenRows(const barrier::Scope& scope) : m_scope{scope}, m_rows{scope.shared(std::string{kIdentityFolder} + "oidc/")} {}

Result<std::uint64_t> TokenRows::renewal() const
{
    auto due = trust::RekeyDue::load(m_scope);
    if (!due) return std::move(due).error();
    return due->renewal;
}

Result<std::optional<NamedKey>> TokenRows::key(std::string_view name) const
{
    auto row = m_rows.get(pathOf(kKey, name));
    if (!row) return std::move(row).error();
    if (!*row) return std::optional<NamedKey>{};
    auto key = NamedKey::decode(name, **row);
    if (!key) return std::move(key).error();
    return std::optional{std::move(*key)};
}

Result<std::vector<std::string>> TokenRows::keyNames() const
{
    return m_rows.list(kKey);
}

Result<> TokenRows::putKey(const NamedKey& key)
{
    return m_rows.put(pathOf(kKey, key.name), key.encode());
}

Result<> TokenRows::eraseKey(const NamedKey& key)
{
    for (const auto& each : key.keys) {
        if (auto erased = erasePrivateHalf(each.id); !erased) return erased;
        if (auto erased = forgetId(each.id); !erased) return erased;
    }
    return m_rows.erase(pathOf(kKey, key.name));
}

Result<> TokenRows::forEachKey(const std::function<bool(const NamedKey&)>& visit) const
{
    std::optional<Error> fault;
    auto visited = m_rows.forEach(kKey, [&](std::string_view path, std::string_view value) {
        auto key = NamedKey::decode(path.substr(kKey.size()), value);
        if (!key) return fault = std::move(key).error(), false;
        return visit(*key);
    });
    if (!visited) return visited;
    return fault ? Result<>{std::move(*fault)} : Result<>{};
}

Result<SecretBytes> TokenRows::privateHalf(std::string_view keyId) const
{
    auto row = m_rows.get(pathOf(kPrivateHalf, keyId));
    if (!row) return std::move(row).error();
    if (!*row) return Error{ErrorCode::Corrupt, "the private half of a key of identity tokens is missing"};
    return SecretBytes::copyOf(std::string_view{**row});
}

Result<> TokenRows::putPrivateHalf(std::string_view keyName, std::string_view keyId, const SecretBytes& pkcs8)
{
    if (auto put = m_rows.put(pathOf(kKeyOfId, keyId), keyName); !put) return put;
    return m_rows.put(pathOf(kPrivateHalf, keyId), pkcs8.view());
}

Result<> TokenRows::erasePrivateHalf(std::string_view keyId)
{
    return m_rows.erase(pathOf(kPrivateHalf, keyId));
}

Result<std::optional<std::string>> TokenRows::nameOf(std::string_view keyId) const
{
    return m_rows.get(pathOf(kKeyOfId, keyId));
}

Result<> TokenRows::forgetId(std::string_view keyId)
{
    return m_rows.erase(pathOf(kKeyOfId, keyId));
}

Result<std::optional<TokenRole>> TokenRows::role(std::string_view name) const
{
    auto row = m_rows.get(pathOf(kRole, name));
    if (!row) return std::move(row).error();
    if (!*row) return std::optional<TokenRole>{};
    auto role = decodeRole(name, **row);
    if (!role) return std::move(role).error();
    return std::optional{std::move(*role)};
}

Result<std::vector<std::string>> TokenRows::roleNames() const
{
    return m_rows.list(kRole);
}

Result<std::vector<std::string>> TokenRows::rolesOf(std::string_view keyName, std::size_t limit) const
{
    return m_rows.list(pathOf(kRoleOfKey, keyName), {}, limit);
}

Result<> TokenRows::putRole(const std::optional<TokenRole>& before, const TokenRole& after)
{
    if (before && before->key != after.key) {
        if (auto erased = m_rows.erase(roleOfKeyPath(before->key, before->name)); !erased) return erased;
    }
    if (auto put = m_rows.put(roleOfKeyPath(after.key, after.name), "1"); !put) return put;
    return m_rows.put(pathOf(kRole, after.name), encode(after));
}

Result<> TokenRows::eraseRole(const TokenRole& role)
{
    if (auto erased = m_rows.erase(roleOfKeyPath(role.key, role.name)); !erased) return erased;
    return m_rows.erase(pathOf(kRole, role.name));
}

Result<std::string> TokenRows::issuer() const
{
    auto row = m_rows.get(kIssuer);
    if (!row) return std::move(row).error();
    return row->value_or(std::string{});
}

Result<> TokenRows::putIssuer(std::string_view issuer)
{
    return m_rows.put(kIssuer, issuer);
}

} // namespace core::identity
