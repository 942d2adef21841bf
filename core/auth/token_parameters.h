#pragma once

#include "core/base/result.h"
#include "core/mount/fields.h"
#include "core/mount/response.h"
#include "core/route/field.h"

#include <boost/json/object.hpp>

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace core::auth {

/// The `token_*` fields that every role of an auth method has (spec: engines-and-auth-api.md §1.8).
struct TokenParameters {
    std::chrono::seconds ttl{0};
    std::chrono::seconds maxTtl{0};
    std::chrono::seconds explicitMaxTtl{0};
    std::chrono::seconds period{0};
    std::vector<std::string> policies; // lower-cased, sorted, each once
    std::vector<std::string> boundCidrs;
    std::int64_t useCount = 0;
    std::string tokenType = "default";
    bool hasNoDefaultPolicy = false;
    std::set<std::string> oldNames; // the old spellings (ttl, policies …) that were used

    /// Sets the given fields. Returns a refusal if they are not valid.
    std::optional<mount::Response> apply(const boost::json::object& data);
    /// The token that a login asks for.
    void fill(mount::Auth& auth) const;
    /// The fields as a read shows them.
    void describe(boost::json::object& data) const;

    /// The stored form; decode() takes what encode() made. Errors: Corrupt.
    boost::json::object encode() const;
    static Result<TokenParameters> decode(const boost::json::object& stored);
};

/// The fields that apply() knows, for the route tables of auth methods.
route::FieldList tokenFields();

/// Lower-cased, sorted, without repetitions or empty names.
std::vector<std::string> normalizedPolicies(std::vector<std::string> names);
/// The error for a text that is no address and no network.
std::string addressRefusal(std::string_view text);

} // namespace core::auth
