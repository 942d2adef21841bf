#include "app/holdfast/text/secret.h"

namespace cli {
namespace {

struct FieldName {
    std::string_view shown;
    std::string_view member;
};

constexpr FieldName kAuthFields[] = {
    {"token", "client_token"},        {"token_accessor", "accessor"},       {"token_duration", "lease_duration"},
    {"token_renewable", "renewable"}, {"token_policies", "token_policies"}, {"identity_policies", "identity_policies"},
    {"policies", "policies"}};
constexpr FieldName kWrapFields[] = {{"wrapping_token", "token"},
                                     {"wrapping_accessor", "accessor"},
                                     {"wrapping_token_ttl", "ttl"},
                                     {"wrapping_token_creation_time", "creation_time"},
                                     {"wrapping_token_creation_path", "creation_path"},
                                     {"wrapped_accessor", "wrapped_accessor"}};
constexpr FieldName kPlainFields[] = {{"lease_duration", "lease_duration"},
                                      {"lease_id", "lease_id"},
                                      {"request_id", "request_id"},
                                      {"renewable", "renewable"},
                                      {"refresh_interval", "lease_duration"}};

} // namespace

Json Secret::toJson() const
{
    const auto or_ = [&](std::string_view name, Json fallback) { return body[name].isNull() ? std::move(fallback) : body[name]; };
    Json out = Json::object({{"request_id", or_("request_id", "")},
                             {"lease_id", or_("lease_id", "")},
                             {"lease_duration", or_("lease_duration", 0)},
                             {"renewable", or_("renewable", false)},
                             {"data", data().sorted()},
                             {"warnings", warnings()}});
    if (!auth().isNull()) out.set("auth", auth());
    if (!wrapInfo().isNull()) out.set("wrap_info", wrapInfo());
    if (!body["mount_type"].isEmpty()) out.set("mount_type", body["mount_type"]);
    return out;
}

Json Secret::field(std::string_view name) const
{
    const auto lookUp = [&](auto& names, const Json& from) -> Json {
        for (const auto& [shown, member] : names) {
            if (shown == name) return from[member];
        }
        return data()[name];
    };
    if (!auth().isNull()) return lookUp(kAuthFields, auth());
    if (!wrapInfo().isNull()) return lookUp(kWrapFields, wrapInfo());
    if (name == "data") return data().has("data") ? data()["data"] : data();
    return lookUp(kPlainFields, body);
}

} // namespace cli
