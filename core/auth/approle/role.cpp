#include "core/auth/approle/role.h"

#include "core/auth/approle/index.h"
#include "core/base/encoding.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace core::auth::approle {
namespace {

namespace json = boost::json;

constexpr std::string_view kRolesFolder = "role/";
constexpr std::string_view kRoleIdsFolder = "role_id/";
constexpr std::string_view kFoldersFolder = "folder/"; // which folders of secret ids belong to a role
constexpr std::size_t kDigestKeyBytes = 32;

std::string encode(const Role& role)
{
    auto stored = role.token.encode();
    stored["role_id"] = role.roleId;
    stored["folder"] = role.folder;
    stored["digest_key"] = toBase64(role.digestKey.view());
    stored["bind_secret_id"] = role.isSecretIdBound;
    stored["local_secret_ids"] = role.hasLocalSecretIds;
    stored["secret_id_num_uses"] = role.secretIdUses;
    stored["secret_id_ttl"] = role.secretIdTtl.count();
    stored["secret_id_bound_cidrs"] = json::array(role.secretIdCidrs.begin(), role.secretIdCidrs.end());
    return json::serialize(stored);
}

Result<Role> decode(std::string name, std::string_view text)
{
    const Error corrupt{ErrorCode::Corrupt, "stored approle role"};
    json::error_code failed;
    const auto value = json::parse(text, failed);
    const auto* object = failed ? nullptr : value.if_object();
    if (!object) return corrupt;
    auto token = TokenParameters::decode(*object);
    if (!token) return token.error();
    mount::Fields fields{*object};
    auto key = fromBase64(fields.textOr("digest_key", {}));
    if (!key || key->size() != kDigestKeyBytes) return corrupt;
    Role role;
    role.name = std::move(name);
    role.digestKey = SecretBytes::copyOf(*key);
    wipe(*key);
    role.roleId = fields.textOr("role_id", {});
    role.folder = fields.textOr("folder", {});
    role.isSecretIdBound = fields.booleanOr("bind_secret_id", true);
    role.hasLocalSecretIds = fields.booleanOr("local_secret_ids", false);
    role.secretIdUses = fields.integer("secret_id_num_uses").value_or(0);
    role.secretIdTtl = fields.wholeSeconds("secret_id_ttl").value_or(std::chrono::seconds{0});
    role.secretIdCidrs = fields.list("secret_id_bound_cidrs").value_or(std::vector<std::string>{});
    role.token = std::move(*token);
    if (fields.refusal() || role.roleId.empty() || role.folder.empty()) return corrupt;
    return role;
}

} // namespace

Role newRole(mount::Context& context, std::string name)
{
    Role role;
    role.name = std::move(name);
    role.roleId = context.random.uuid();
    role.folder = context.random.uuid();
    role.digestKey = context.random.secret(kDigestKeyBytes);
    return role;
}

Result<std::optional<Role>> findRole(const mount::Context& context, std::string_view name)
{
    auto stored = context.storage.subView(kRolesFolder).get(name);
    if (!stored) return stored.error();
    if (!*stored) return std::optional<Role>{};
    auto role = decode(std::string{name}, **stored);
    if (!role) return role.error();
    return std::optional{std::move(*role)};
}

Result<std::optional<Role>> findRoleById(const mount::Context& context, std::string_view roleId)
{
    const auto digests = SaltedDigests::load(context);
    if (!digests) return digests.error();
    auto name = context.storage.subView(kRoleIdsFolder).get(digests->of(roleId));
    if (!name) return name.error();
    if (!*name) return std::optional<Role>{};
    return findRole(context, **name);
}

Result<> storeRole(mount::Context& context, const Role& role, std::string_view formerId)
{
    if (role.roleId != formerId) {
        const auto digests = SaltedDigests::load(context);
        if (!digests) return digests.error();
        auto ids = context.storage.subView(kRoleIdsFolder);
        if (!formerId.empty()) {
            if (auto erased = ids.erase(digests->of(formerId)); !erased) return erased;
        }
        if (auto put = ids.put(digests->of(role.roleId), role.name); !put) return put;
    }
    if (formerId.empty()) {
        if (auto put = context.storage.subView(kFoldersFolder).put(role.folder, role.name); !put) return put;
    }
    return context.storage.subView(kRolesFolder).put(role.name, encode(role));
}

Result<> eraseRole(mount::Context& context, const Role& role)
{
    const auto digests = SaltedDigests::load(context);
    if (!digests) return digests.error();
    if (auto erased = context.storage.subView(kRoleIdsFolder).erase(digests->of(role.roleId)); !erased) return erased;
    if (auto erased = context.storage.subView(kFoldersFolder).erase(role.folder); !erased) return erased;
    return context.storage.subView(kRolesFolder).erase(role.name);
}

Result<bool> isFolderOfRole(const mount::Context& context, std::string_view folder)
{
    return context.storage.subView(kFoldersFolder).exists(folder);
}

Result<std::vector<std::string>> roleNames(const mount::Context& context)
{
    return context.storage.list(kRolesFolder);
}

} // namespace core::auth::approle
