#include "core/auth/userpass/userpass_backend.h"

#include "core/auth/token_parameters.h"
#include "core/auth/userpass/bcrypt.h"
#include "core/base/cidr.h"
#include "core/base/name.h"
#include "core/mount/fields.h"
#include "core/mount/ignored_fields.h"
#include "core/token/token_entry.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace core::auth {
namespace {

namespace json = boost::json;
using mount::Context;
using mount::Fields;
using mount::Request;
using mount::Response;
using policy::Operation;

constexpr std::string_view kUsersFolder = "user/";

struct User {
    std::string passwordHash;
    TokenParameters token;
};

struct Route {
    enum class Kind { None, Users, User, Password, Policies, Login } kind = Kind::None;
    std::string name; // lower-cased
};

bool isUserName(std::string_view name)
{
    const auto isWord = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    if (!nameRefusal({}, name).empty() || !isWord(name.front()) || !isWord(name.back())) return false;
    return std::all_of(name.begin(), name.end(), [&](char c) { return isWord(c) || c == '-' || c == '.' || c == '@'; });
}

Route routeOf(std::string_view path)
{
    if (path == "users" || path == "users/") return {Route::Kind::Users, {}};
    const auto slash = path.find('/');
    if (slash == std::string_view::npos) return {};
    const auto folder = path.substr(0, slash);
    const auto rest = path.substr(slash + 1);
    const auto end = rest.find('/');
    const auto name = rest.substr(0, end);
    const auto property = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (!isUserName(name)) return {};
    if (folder == "login" && end == std::string_view::npos) return {Route::Kind::Login, lowerCased(name)};
    if (folder != "users") return {};
    if (end == std::string_view::npos) return {Route::Kind::User, lowerCased(name)};
    if (property == "password") return {Route::Kind::Password, lowerCased(name)};
    if (property == "policies") return {Route::Kind::Policies, lowerCased(name)};
    return {};
}

bool isWrite(Operation operation)
{
    return operation == Operation::Create || operation == Operation::Update;
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

/// Sets the hash from `password` or `password_hash`; a refusal, an error, or nothing.
Result<std::optional<Response>> applyPassword(Fields& fields, Random& random, User& user)
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

Result<Response> writeUser(const Request& request, Context& context, const std::string& name)
{
    auto found = loadUser(context, name);
    if (!found) return found.error();
    User user = std::move(*found).value_or(User{});
    Fields fields{request.data};
    auto refused = applyPassword(fields, context.random, user);
    if (!refused) return refused.error();
    if (*refused) return **refused;
    if (user.passwordHash.empty()) return Response::badRequest("missing password");
    if (auto refusal = user.token.apply(request.data)) return *refusal;
    if (auto stored = storeUser(context, name, user); !stored) return stored.error();
    return Response{};
}

Result<Response> handleUser(const Request& request, Context& context, const std::string& name)
{
    switch (request.operation) {
    case Operation::Create:
    case Operation::Update: return writeUser(request, context, name);
    case Operation::Read: {
        auto user = loadUser(context, name);
        if (!user) return user.error();
        if (!*user) return Response{};
        json::object data;
        (*user)->token.describe(data);
        return Response::ofData(std::move(data));
    }
    case Operation::Delete:
        if (auto erased = context.storage.subView(kUsersFolder).erase(name); !erased) return erased.error();
        return Response{};
    default: return mount::unsupportedOperation();
    }
}

/// `users/:u/password` and `users/:u/policies`.
Result<Response> changeUser(const Request& request, Context& context, const Route& route)
{
    if (!isWrite(request.operation)) return mount::unsupportedOperation();
    auto user = loadUser(context, route.name);
    if (!user) return user.error();
    if (!*user) return Response::error(500, "username does not exist");
    if (route.kind == Route::Kind::Password) {
        Fields fields{request.data};
        if (fields.textOr("password", {}).empty() && fields.textOr("password_hash", {}).empty() && !fields.refusal()) {
            return Response::badRequest("missing password");
        }
        auto refused = applyPassword(fields, context.random, **user);
        if (!refused) return refused.error();
        if (*refused) return **refused;
    } else {
        json::object policies;
        for (const std::string_view field : {"policies", "token_policies"}) {
            if (const auto* value = request.data.if_contains(field)) policies[field] = *value;
        }
        if (auto refusal = (*user)->token.apply(policies)) return *refusal;
        (*user)->token.policies = normalizedPolicies((*user)->token.policies); // here, unlike at users/:u, they are put in order at once
    }
    if (auto stored = storeUser(context, route.name, **user); !stored) return stored.error();
    return Response{};
}

mount::Auth authOf(const User& user, const std::string& name)
{
    mount::Auth auth;
    user.token.fill(auth);
    auth.metadata["username"] = name;
    auth.displayName = name; // of the token: with the mount's name before it
    return auth;
}

Result<Response> login(const Request& request, const Context& context, const std::string& name)
{
    Fields fields{request.data};
    const auto password = fields.textOr("password", {});
    if (fields.refusal()) return *fields.refusal();
    if (password.empty()) return Response::badRequest("missing password");
    auto user = loadUser(context, name);
    if (!user) return user.error();
    // An unknown user costs the same hash as a wrong password.
    const bool isRight = isPasswordOf(password, *user ? std::string_view{(*user)->passwordHash} : std::string_view{});
    if (!isRight) {
        auto refused = Response::badRequest("invalid username or password");
        refused.isWrongCredential = user->has_value(); // nobody can lock a user that does not exist
        return refused;
    }
    const auto& cidrs = (*user)->token.boundCidrs;
    if (!cidrs.empty() && !isInAnyCidr(request.remoteAddress, cidrs)) return Response::error(403, "permission denied");
    Response response;
    response.auth = authOf(**user, name);
    return response;
}

/// `request.token` is the token to be renewed.
Result<Response> renew(const Request& request, const Context& context, const std::string& name)
{
    auto user = loadUser(context, name);
    if (!user) return user.error();
    if (!*user || !request.token) return Response::badRequest("user no longer exists, not renewing");
    auto expected = normalizedPolicies((*user)->token.policies);
    auto current = request.token->policies;
    std::erase(expected, "default");
    std::erase(current, "default");
    if (expected != current) return Response::badRequest("policies have changed, not renewing");
    Response response;
    response.auth = authOf(**user, name);
    return response;
}

/// The answer, whatever the request has besides the fields that the path knows.
Result<Response> dispatch(const Request& request, Context& context)
{
    const auto route = routeOf(request.relativePath);
    switch (route.kind) {
    case Route::Kind::Users: {
        if (request.operation != Operation::List) return mount::unsupportedOperation();
        auto names = context.storage.list(kUsersFolder);
        if (!names) return names.error();
        return mount::keysAnswer(*names);
    }
    case Route::Kind::User: return handleUser(request, context, route.name);
    case Route::Kind::Password:
    case Route::Kind::Policies: return changeUser(request, context, route);
    case Route::Kind::Login:
        if (request.operation == Operation::Renew) return renew(request, context, route.name);
        return isWrite(request.operation) ? login(request, context, route.name) : mount::unsupportedOperation();
    case Route::Kind::None: break;
    }
    return mount::unsupportedPath();
}

} // namespace

Result<Response> UserpassBackend::handle(const Request& request, Context& context)
{
    auto answer = dispatch(request, context);
    const bool isLogin = isWrite(request.operation) && routeOf(request.relativePath).kind == Route::Kind::Login;
    if (answer && answer->hasContent() && isLogin) {
        mount::warnOfFields(*answer, request.data, std::initializer_list<std::string_view>{"password"}, {"username"});
    }
    return answer;
}

Result<std::optional<bool>> UserpassBackend::exists(const Request& request, Context& context)
{
    const auto route = routeOf(request.relativePath);
    if (route.kind != Route::Kind::User) return std::optional<bool>{};
    auto found = context.storage.subView(kUsersFolder).exists(route.name);
    if (!found) return found.error();
    return std::optional<bool>{*found};
}

bool UserpassBackend::hashesPassword(const Request& request) const
{
    if (!isWrite(request.operation)) return false;
    const auto kind = routeOf(request.relativePath).kind;
    return kind == Route::Kind::Login || kind == Route::Kind::User || kind == Route::Kind::Password;
}

std::string UserpassBackend::loginAlias(const Request& request) const
{
    if (!isWrite(request.operation)) return {};
    auto route = routeOf(request.relativePath);
    return route.kind == Route::Kind::Login ? std::move(route.name) : std::string{};
}

std::string UserpassBackend::help(std::string_view relativePath) const
{
    switch (routeOf(relativePath).kind) {
    case Route::Kind::Login: return "Logs a user in: `password` for a token with the user's policies.\n";
    case Route::Kind::Users: return "Lists the users.\n";
    case Route::Kind::User: return "Creates, changes, reads or deletes a user: `password` and the `token_*` fields.\n";
    case Route::Kind::Password: return "Changes the password of a user.\n";
    case Route::Kind::Policies: return "Changes the policies of a user: `token_policies`.\n";
    case Route::Kind::None: break;
    }
    return "Logs users in by name and password. Names are folded to lower case; passwords are kept as bcrypt hashes.\n";
}

} // namespace core::auth
