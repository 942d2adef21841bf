#include "core/auth/userpass/userpass_backend.h"

#include "core/auth/token_parameters.h"
#include "core/auth/userpass/bcrypt.h"
#include "core/base/ascii.h"
#include "core/base/cidr.h"
#include "core/base/name.h"
#include "core/mount/fields.h"
#include "core/token/token_entry.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace core::auth {
namespace {

namespace json = boost::json;
using mount::Context;
using mount::Response;
using route::Call;
using route::FieldType;
using route::FieldList;
using route::RouteTable;
using route::Verb;

constexpr std::string_view kUsersFolder = "user/";

struct User {
    std::string passwordHash;
    TokenParameters token;
};

/// Names are folded to lower case.
std::string nameOf(const Call& call)
{
    return lowerCased(call.part("username"));
}

Result<std::optional<User>> loadUser(const Context& context, const std::string& name)
{
    auto stored = context.storage.subView(kUsersFolder).get(name);
    if (!stored) return stored.error();
    if (!*stored) return std::optional<User>{};
    json::error_code failed;
    const auto value = json::parse(**stored, failed);
    const auto* object = failed ? nullptr : value.if_object();
    const auto* hash = object ? object->if_contains("password_hash") : nullptr;
    if (!hash || !hash->is_string()) return Error{ErrorCode::Corrupt, "stored userpass user"};
    auto parameters = TokenParameters::decode(*object);
    if (!parameters) return parameters.error();
    return std::optional<User>{User{std::string{hash->get_string()}, std::move(*parameters)}};
}

Result<> storeUser(Context& context, const std::string& name, const User& user)
{
    auto stored = user.token.encode();
    stored["password_hash"] = user.passwordHash;
    return context.storage.subView(kUsersFolder).put(name, json::serialize(stored));
}

/// Sets the hash from `password` or `password_hash`. Returns a refusal, an error, or an empty optional.
Result<std::optional<Response>> applyPassword(mount::Fields& fields, Random& random, User& user)
{
    const auto password = fields.text("password");
    const auto hash = fields.text("password_hash");
    if (fields.refusal()) return fields.refusal();
    if (password && !password->empty() && hash && !hash->empty()) {
        return std::optional{Response::badRequest("password and password_hash cannot both be specified")};
    }
    if (hash && !hash->empty()) {
        if (!isBcryptHash(*hash)) return std::optional{Response::badRequest("'password_hash' is not a valid bcrypt hash")};
        user.passwordHash = *hash;
    } else if (password && !password->empty()) {
        if (auto refusal = bcryptRefusal(*password); !refusal.empty()) {
            return std::optional{Response::badRequest(std::move(refusal))};
        }
        auto hashed = hashPassword(*password, random);
        if (!hashed) return hashed.error();
        user.passwordHash = std::move(*hashed);
    }
    return std::optional<Response>{};
}

Result<Response> writeUser(Call& call)
{
    const auto name = nameOf(call);
    auto found = loadUser(call.context, name);
    if (!found) return found.error();
    if (auto why = nameRefusal("the user name", name); !*found && !why.empty()) return Response::badRequest(std::move(why));
    User user = std::move(*found).value_or(User{});
    auto refused = applyPassword(call.fields, call.context.random, user);
    if (!refused) return refused.error();
    if (*refused) return **refused;
    if (user.passwordHash.empty()) return Response::badRequest("missing password");
    if (auto refusal = user.token.apply(call.request.data)) return *refusal;
    if (auto stored = storeUser(call.context, name, user); !stored) return stored.error();
    return Response{};
}

Result<Response> readUser(Call& call)
{
    auto user = loadUser(call.context, nameOf(call));
    if (!user) return user.error();
    if (!*user) return Response{};
    json::object data;
    (*user)->token.describe(data);
    return Response::ofData(std::move(data));
}

Result<Response> deleteUser(Call& call)
{
    if (auto erased = call.context.storage.subView(kUsersFolder).erase(nameOf(call)); !erased) return erased.error();
    return Response{};
}

Result<Response> listUsers(Call& call)
{
    auto names = call.context.storage.list(kUsersFolder);
    if (!names) return names.error();
    return mount::keysAnswer(*names);
}

Result<bool> hasUser(Call& call)
{
    return call.context.storage.subView(kUsersFolder).exists(nameOf(call));
}

/// Loads the user of the path, lets `change` work on it, and stores it; `change` gives a refusal, an error, or nothing.
template<class Change>
Result<Response> changeUser(Call& call, const Change& change)
{
    const auto name = nameOf(call);
    auto user = loadUser(call.context, name);
    if (!user) return user.error();
    if (!*user) return Response::error(500, "username does not exist");
    Result<std::optional<Response>> refused = change(**user);
    if (!refused) return refused.error();
    if (*refused) return **refused;
    if (auto stored = storeUser(call.context, name, **user); !stored) return stored.error();
    return Response{};
}

Result<Response> changePassword(Call& call)
{
    return changeUser(call, [&](User& user) -> Result<std::optional<Response>> {
        auto& fields = call.fields;
        if (fields.textOr("password", {}).empty() && fields.textOr("password_hash", {}).empty() && !fields.refusal()) {
            return std::optional{Response::badRequest("missing password")};
        }
        return applyPassword(fields, call.context.random, user);
    });
}

Result<Response> changePolicies(Call& call)
{
    return changeUser(call, [&](User& user) -> Result<std::optional<Response>> {
        json::object policies;
        for (const std::string_view field : {"policies", "token_policies"}) {
            if (const auto* value = call.request.data.if_contains(field)) policies[field] = *value;
        }
        if (auto refusal = user.token.apply(policies)) return refusal;
        user.token.policies = normalizedPolicies(user.token.policies); // unlike at users/:u, they are sorted at once
        return std::optional<Response>{};
    });
}

mount::Auth authOf(const User& user, const std::string& name)
{
    mount::Auth auth;
    user.token.fill(auth);
    auth.metadata["username"] = name;
    auth.aliasName = name;
    auth.displayName = name; // the token's name has the mount's name before it
    return auth;
}

Result<Response> login(Call& call)
{
    const auto name = nameOf(call);
    const auto password = call.fields.textOr("password", {});
    if (call.fields.refusal()) return *call.fields.refusal();
    if (password.empty()) return Response::badRequest("missing password");
    auto user = loadUser(call.context, name);
    if (!user) return user.error();
    // An unknown user costs the same hash as a wrong password.
    const bool isRight = isPasswordOf(password, *user ? std::string_view{(*user)->passwordHash} : std::string_view{});
    if (!isRight) {
        auto refused = Response::badRequest("invalid username or password");
        refused.isWrongCredential = user->has_value(); // nobody can lock a user that does not exist
        return refused;
    }
    const auto& cidrs = (*user)->token.boundCidrs;
    if (!cidrs.empty() && !isInAnyCidr(call.request.remoteAddress, cidrs)) return Response::error(403, "permission denied");
    Response response;
    response.auth = authOf(**user, name);
    return response;
}

/// `request.token` is the token that is renewed.
Result<Response> renew(Call& call)
{
    const auto name = nameOf(call);
    auto user = loadUser(call.context, name);
    if (!user) return user.error();
    if (!*user || !call.request.token) return Response::badRequest("user no longer exists, not renewing");
    auto expected = normalizedPolicies((*user)->token.policies);
    auto current = call.request.token->policies;
    std::erase(expected, "default");
    std::erase(current, "default");
    if (expected != current) return Response::badRequest("policies have changed, not renewing");
    Response response;
    response.auth = authOf(**user, name);
    return response;
}

const FieldList kPasswordFields{{"password", FieldType::Text, "The password, at most 72 bytes."},
                                {"password_hash", FieldType::Text, "A bcrypt hash in place of the password."}};
const FieldList kLoginFields{{"password", FieldType::Text, "The password."}};

FieldList userFields()
{
    auto fields = tokenFields();
    fields.insert(fields.end(), kPasswordFields.begin(), kPasswordFields.end());
    return fields;
}

const RouteTable& routes()
{
    static const RouteTable table = [] {
        RouteTable made;
        made.openBelow("login/");
        made.add({.verbs = Verb::Write,
                  .pattern = "login/<username@>",
                  .handle = login,
                  .hashesPassword = true,
                  .loginAlias = [](const mount::Request&, const route::Captures& captured) { return lowerCased(captured.value("username")); },
                  .fields = kLoginFields,
                  .help = "Logs a user in: `password` for a token with the user's policies."});
        made.add({.verbs = Verb::Renew, .pattern = "login/<username@>", .handle = renew});
        made.add({.verbs = Verb::List, .pattern = "users", .handle = listUsers, .fields = route::kNoFields, .help = "Lists the users."});
        made.add({.verbs = Verb::Write,
                  .pattern = "users/<username@>",
                  .handle = writeUser,
                  .hashesPassword = true,
                  .exists = hasUser,
                  .fields = userFields(),
                  .help = "Creates, changes, reads or deletes a user: `password` and the `token_*` fields."});
        made.add({.verbs = Verb::Read, .pattern = "users/<username@>", .handle = readUser, .fields = route::kNoFields});
        made.add({.verbs = Verb::Delete, .pattern = "users/<username@>", .handle = deleteUser});
        made.add({.verbs = Verb::Write,
                  .pattern = "users/<username@>/password",
                  .handle = changePassword,
                  .hashesPassword = true,
                  .fields = kPasswordFields,
                  .help = "Changes the password of a user."});
        made.add({.verbs = Verb::Write,
                  .pattern = "users/<username@>/policies",
                  .handle = changePolicies,
                  .fields = FieldList{{"token_policies", FieldType::TextList, "The policies of the user's tokens."},
                                      {"policies", FieldType::TextList, "The older name of `token_policies`."}},
                  .help = "Changes the policies of a user: `token_policies`."});
        return made;
    }();
    return table;
}

} // namespace

UserpassBackend::UserpassBackend()
    : RoutedBackend{routes(), "Logs users in by name and password. Names are folded to lower case; passwords are kept as bcrypt hashes.\n"}
{}

} // namespace core::auth
