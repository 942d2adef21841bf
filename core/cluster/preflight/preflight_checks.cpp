#include "core/cluster/preflight/preflight_checks.h"

#include "core/replication/wire/program_version.h"
#include "core/replication/links/transport.h"
#include "core/replication/peers/link_verdict.h"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstdlib>

namespace core::cluster {

namespace {

namespace json = boost::json;
using Level = Finding::Level;
using replication::durationText;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kSkewWarn{2};
constexpr seconds kSkewFail{60};
constexpr std::chrono::hours kExpiryWarn{14 * 24};
constexpr std::uint64_t kRoomWarn = 1ull << 30;
constexpr std::uint64_t kRoomFail = 100ull << 20;

std::string textOf(const json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(name);
    return value && value->is_string() ? std::string{value->get_string()} : std::string{};
}

bool isTrue(const json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(name);
    return value && value->is_bool() && value->get_bool();
}

std::optional<std::int64_t> numberOf(const json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(name);
    if (!value) return std::nullopt;
    if (value->is_int64()) return value->get_int64();
    if (value->is_uint64()) return static_cast<std::int64_t>(value->get_uint64());
    return std::nullopt;
}

std::string bytesText(std::uint64_t bytes)
{
    return bytes >= 10ull << 30 ? std::to_string(bytes >> 30) + " GiB" : std::to_string(bytes >> 20) + " MiB";
}

/// A version such as "1.15.0+holdfast.0.1.0" begins with the level of the API.
std::string holdfastVersion(const std::string& reported)
{
    const auto at = reported.find("holdfast.");
    return at == std::string::npos ? std::string{} : reported.substr(at + 9);
}

bool isPrimaryThere(const json::object& health)
{
    return textOf(health, "replication_performance_mode") == "primary" || textOf(health, "replication_dr_mode") == "primary";
}

/// Both ends refuse a secondary that is older than its primary.
void checkVersions(const std::string& here, const std::string& there, Follows follows, Findings& out)
{
    const int order = replication::compareVersions(here, there);
    const bool isHereOlder = order < 0 && follows != Follows::There;
    const bool isThereOlder = order > 0 && follows == Follows::There;
    std::string next;
    if (isHereOlder && follows == Follows::Here)
        next = "A secondary must not be older than its primary, so this cluster refuses to follow that one. Upgrade this cluster first.";
    else if (isHereOlder) next = "A secondary must not be older than its primary: upgrade this cluster first if it is to follow that one.";
    else if (isThereOlder)
        next = "A secondary must not be older than its primary, so that cluster would be refused here. Upgrade that cluster first.";
    const bool isRefused = isThereOlder || (isHereOlder && follows == Follows::Here);
    out.push_back({"versions",
                   isRefused     ? Level::Fail
                   : isHereOlder ? Level::Warn
                                 : Level::Ok,
                   "Here " + here + ", there " + shownText(there) + ".", std::move(next)});
}

} // namespace

const char* toString(Finding::Level level)
{
    switch (level) {
    case Level::Ok: return "ok";
    case Level::Warn: return "warn";
    case Level::Fail: return "fail";
    case Level::Unknown: break;
    }
    return "unknown";
}

Finding::Level levelFromWire(std::string_view word)
{
    for (const auto level : {Level::Ok, Level::Warn, Level::Fail}) {
        if (word == toString(level)) return level;
    }
    return Level::Unknown;
}

Finding::Level worstOf(const Findings& findings)
{
    for (const auto level : {Level::Fail, Level::Warn}) {
        if (std::ranges::find(findings, level, &Finding::level) != findings.end()) return level;
    }
    return Level::Ok;
}

std::string shownText(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text.substr(0, 120)) out.push_back(c >= 0x20 && c < 0x7f && c != '"' ? c : '?');
    return out + "\"";
}

void checkHealth(const ApiFacts& health, const std::string& ownVersion, Follows follows, Findings& out)
{
    if (!health.isReached) {
        out.push_back({"api", Level::Fail, "The API is not reached: " + health.error + ".",
                       "Check the address, the name's resolution, routes and firewalls from this cluster to the API port."});
        return;
    }
    const bool isHealth = health.body.contains("initialized") && health.body.contains("sealed");
    if (!isHealth) {
        out.push_back({"api", Level::Fail, "Something answers with status " + std::to_string(health.status) + ", but it is not this API.",
                       "Give the address of the API itself; a proxy in between must pass /v1/ through."});
        return;
    }
    const auto took = std::chrono::duration_cast<milliseconds>(health.answeredAt - health.askedAt);
    out.push_back({"api", Level::Ok, "The API answers within " + std::to_string(std::max<std::int64_t>(1, took.count())) + " ms.", ""});
    const std::string name = textOf(health.body, "cluster_name");
    const std::string who = name.empty() ? std::string{"the node"} : "a node of the cluster " + shownText(name);
    if (!isTrue(health.body, "initialized")) {
        out.push_back({"who_answered", Level::Fail, who + " answers, which is not initialised.", "Initialise and unseal the other cluster first."});
    } else if (isTrue(health.body, "sealed")) {
        out.push_back({"who_answered", Level::Fail, who + " answers, which is sealed.", "Unseal the other cluster."});
    } else if (isTrue(health.body, "standby")) {
        out.push_back({"who_answered", Level::Warn, who + " answers as a standby.",
                       "Let the cluster port's address lead to the active node: a standby hands out no bootstrap package."});
    } else {
        out.push_back({"who_answered", Level::Ok,
                       who + " answers as the active node; performance: " + shownText(textOf(health.body, "replication_performance_mode")) +
                           ", dr: " + shownText(textOf(health.body, "replication_dr_mode")) + ".",
                       ""});
    }

    if (const auto theirs = numberOf(health.body, "server_time_utc")) {
        // The answer is in whole seconds, of some moment between question and answer.
        const auto middle = health.askedAt + (health.answeredAt - health.askedAt) / 2;
        const auto skew = seconds{*theirs - toUnixSeconds(middle)};
        const auto off = seconds{std::abs(skew.count())};
        const bool isBad = off > kSkewFail;
        const bool isOff = off > kSkewWarn;
        out.push_back({"clock",
                       isBad   ? Level::Fail
                       : isOff ? Level::Warn
                               : Level::Ok,
                       isOff ? "Its clock is " + durationText(off) + (skew.count() > 0 ? " ahead." : " behind.") : "Both clocks agree to the second.",
                       isOff ? "Let both ends follow the same time service: tokens, leases and lag are counted by the clock." : ""});
    } else {
        out.push_back({"clock", Level::Unknown, "The other cluster does not send its time.", ""});
    }

    const std::string reported = textOf(health.body, "version");
    const std::string version = holdfastVersion(reported);
    if (version.empty()) {
        out.push_back({"versions", Level::Fail, "It is " + shownText(reported) + ", which does not speak this replication.",
                       "Replicate with a cluster of this program."});
    } else {
        checkVersions(ownVersion, version, follows == Follows::Unknown && isPrimaryThere(health.body) ? Follows::Here : follows, out);
    }
}

void checkCertificate(const std::string& check, const crypto::TlsProbe& probe, WallTime now, Findings& out)
{
    if (!probe.isConnected) return; // reported as not reached
    if (!probe.hasShownCertificate) {
        out.push_back({check, Level::Fail, "No certificate was shown (" + shownText(probe.tlsError) + ").",
                       "Check that the port speaks TLS, and which one the address leads to."});
        return;
    }
    const auto& leaf = probe.chain.front();
    const std::string chain = std::to_string(probe.chain.size()) + (probe.chain.size() == 1 ? " certificate" : " certificates") + ", issued by " +
                              shownText(leaf.issuerCommonName);
    if (leaf.notAfter < now) {
        out.push_back({check, Level::Fail, "The certificate expired at " + toRfc3339(leaf.notAfter) + " (" + chain + ").", "Renew it."});
    } else if (!probe.verifyError.empty()) {
        out.push_back({check, Level::Fail, "The certificate is not trusted here: " + probe.verifyError + " (" + chain + ").",
                       "Give the authority with ca_file or ca_pem, or use a certificate with the name or address that is used here."});
    } else if (leaf.notAfter - now < kExpiryWarn) {
        out.push_back({check, Level::Warn, "The certificate expires at " + toRfc3339(leaf.notAfter) + " (" + chain + ").", "Renew it soon."});
    } else {
        out.push_back({check, Level::Ok, probe.version + ", valid until " + toRfc3339(leaf.notAfter) + " (" + chain + ").", ""});
    }
}

void checkClusterPort(const std::string& address, const crypto::TlsProbe (&probes)[2], WallTime now, Findings& out)
{
    const auto& first = probes[0];
    if (!first.isConnected) {
        out.push_back({"cluster_port", Level::Fail, "The cluster port at " + shownText(address) + " is not reached: " + first.connectError + ".",
                       "Open the way from this cluster to that port; it must pass TCP through untouched."});
        return;
    }
    static constexpr const char* kNames[] = {"performance", "DR"};
    std::string served;
    const crypto::TlsProbe* shown = nullptr;
    for (int at = 0; at < 2; ++at) {
        if (!probes[at].hasShownCertificate || probes[at].protocol.empty()) continue;
        served += (served.empty() ? "" : " and ") + std::string{kNames[at]};
        shown = &probes[at];
    }
    if (!shown) {
        const bool isForeign = probes[0].hasShownCertificate || probes[1].hasShownCertificate;
        out.push_back({"cluster_port", Level::Warn,
                       isForeign ? "The cluster port answers, but with TLS that knows no replication protocol: something in between ends TLS."
                                 : "The cluster port answers, but it serves no replication: that cluster is no primary now.",
                       isForeign ? "Let load balancers pass TCP through on the cluster port."
                                 : "Enable replication there as a primary, if this cluster is to follow it."});
        return;
    }
    out.push_back({"cluster_port", Level::Ok, "The cluster port answers and serves " + served + " links (ALPN agreed).", ""});
    const auto& leaf = shown->chain.front();
    const bool isPrimarys = std::ranges::find(leaf.dnsNames, replication::kPrimaryServerName) != leaf.dnsNames.end();
    if (!isPrimarys) {
        out.push_back({"cluster_certificate", Level::Fail, "The cluster port shows a certificate that is not a primary's.",
                       "Something in between ends TLS: let it pass TCP through."});
    } else if (leaf.notBefore > now || leaf.notAfter < now) {
        out.push_back(
            {"cluster_certificate", Level::Fail,
             "By the clock here, the primary's certificate is not valid (" + toRfc3339(leaf.notBefore) + " to " + toRfc3339(leaf.notAfter) + ").",
             "Correct the clocks."});
    } else {
        out.push_back({"cluster_certificate", Level::Ok, "It is a primary's, of the authority " + shownText(leaf.issuerCommonName) + ".", ""});
    }
}

void checkToken(const std::string& claims, const std::string& targetAddress, const ApiFacts& lookup, WallTime now, Findings& out)
{
    json::error_code failed;
    const auto parsed = json::parse(claims, failed);
    const auto expires = !failed && parsed.is_object() ? numberOf(parsed.get_object(), "exp") : std::nullopt;
    if (!expires || textOf(parsed.get_object(), "type") != "wrapping") {
        out.push_back({"token", Level::Fail, "The token is not an activation token.", "Make one on the primary with secondary-token."});
        return;
    }
    const auto& object = parsed.get_object();
    const auto left = seconds{*expires - toUnixSeconds(now)};
    if (left.count() <= 0) {
        out.push_back(
            {"token", Level::Fail, "The token expired " + durationText(-left) + " ago.", "Make a new one on the primary with secondary-token."});
    } else {
        const bool isShort = left < std::chrono::minutes{2};
        out.push_back({"token", isShort ? Level::Warn : Level::Ok, "The token is valid for another " + durationText(left) + ".",
                       isShort ? "Use it now, or make one with a longer ttl." : ""});
    }
    if (const auto begins = numberOf(object, "nbf"); begins && *begins > toUnixSeconds(now)) {
        out.push_back({"token_time", Level::Fail, "By the clock here the token is not valid yet.", "Correct the clocks."});
    }
    const std::string address = textOf(object, "addr");
    if (address.empty()) {
        out.push_back({"token_address", Level::Warn, "The token names no API address.",
                       "Give primary_api_addr when activating, or set api_addr on the primary."});
    } else if (address != targetAddress) {
        out.push_back({"token_address", Level::Warn, "The token names " + shownText(address) + ", not the address that was checked.",
                       "Check that address instead, or give primary_api_addr when activating."});
    }
    if (!lookup.isReached) {
        out.push_back({"token_use", Level::Unknown, "The primary could not be asked about the token.", ""});
    } else if (lookup.status == 200) {
        const auto* data = lookup.body.if_contains("data");
        const std::string path = data && data->is_object() ? textOf(data->get_object(), "creation_path") : "";
        const bool isActivation = path.ends_with("/primary/secondary-token");
        out.push_back(
            {"token_use", isActivation ? Level::Ok : Level::Fail,
             isActivation ? "The token is unused; it was made by " + shownText(path) + "." : "The token wraps something other than an activation.",
             isActivation ? "" : "Make one on the primary with secondary-token."});
    } else {
        out.push_back({"token_use", Level::Fail, "That cluster does not know the token: it was used, has expired, or is another cluster's.",
                       "Make a new one on the primary with secondary-token."});
    }
}

void checkRoom(std::uint64_t freeBytes, std::optional<std::uint64_t> neededBytes, Findings& out)
{
    const bool isTooSmall = freeBytes < kRoomFail || (neededBytes && freeBytes < *neededBytes);
    const bool isSmall = freeBytes < kRoomWarn || (neededBytes && freeBytes / 2 < *neededBytes);
    out.push_back(
        {"storage_room",
         isTooSmall ? Level::Fail
         : isSmall  ? Level::Warn
                    : Level::Ok,
         bytesText(freeBytes) + " are free here" + (neededBytes ? "; the other cluster's storage takes " + bytesText(*neededBytes) + "." : "."),
         isSmall ? "Make room: for a while, a first sync needs twice the space of the other cluster's data." : ""});
}

} // namespace core::cluster
