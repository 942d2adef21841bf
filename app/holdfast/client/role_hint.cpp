#include "app/holdfast/client/role_hint.h"

namespace cli {
namespace {

constexpr std::string_view kDisabledOnDr = "path disabled in replication DR secondary mode";

constexpr const char* kDrText =
    "This cluster is a DR secondary. It takes no token but a DR operation token: one made with the primary's key shares (holdfast operator "
    "generate-root -dr-token -init), or a batch token that was made at the primary. Commands take it as -dr-token, paths as dr_operation_token.";
constexpr const char* kPerformanceText =
    "This cluster is a performance secondary. Its activation replaced the tokens and users that it had before, and tokens of its primary do not "
    "count here, except batch tokens. If yours is one of those: log in with a user of the primary (holdfast login), or make a root token with the "
    "primary's key shares (holdfast operator generate-root -init).";

/// The mode of sys/health; empty where it could not be asked.
std::string modeOf(const Json& health, std::string_view type)
{
    return health["replication_" + std::string{type} + "_mode"].text();
}

} // namespace

std::string roleHint(Client& client, const core::Error& refusal)
{
    if (refusal.detail.find(kDisabledOnDr) != std::string::npos) return kDrText;
    if (refusal.code != core::ErrorCode::PermissionDenied) return {};
    const auto response = client.send({.path = "sys/health",
                                       .query = {{"drsecondarycode", "299"}, {"performancestandbycode", "299"}, {"standbycode", "299"}},
                                       .isWrapped = false,
                                       .sendsToken = false,
                                       .isPreparation = true});
    if (!response) return {};
    const auto health = Json::parse(response->body);
    if (!health) return {};
    if (modeOf(*health, "dr") == "secondary") return kDrText;
    return modeOf(*health, "performance") == "secondary" ? kPerformanceText : std::string{};
}

} // namespace cli
