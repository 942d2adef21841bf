#include "core/cluster/preflight/preflight.h"

#include "core/base/logging.h"
#include "core/base/origin.h"
#include "core/base/wiping_memory.h"
#include "core/crypto/jwt.h"
#include "core/mount/retry.h"
#include "core/replication/links/transport.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <filesystem>

namespace core::cluster {

namespace {

namespace json = boost::json;
using Level = Finding::Level;
using mount::Response;

constexpr int kRunsMax = 4;
constexpr std::uintmax_t kAuthorityBytesMax = 4u << 20;
constexpr const char* kHealth =
    "sys/health?standbyok=true&perfstandbyok=true&sealedcode=200&uninitcode=200&drsecondarycode=200&performancestandbycode=200";

bool hasControls(std::string_view text)
{
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f; });
}

/// Reads only regular files: a pipe or a device would block the call, or fill the memory.
bool isAuthorityFile(const std::string& path)
{
    std::error_code failed;
    return path.empty() || (std::filesystem::is_regular_file(path, failed) && std::filesystem::file_size(path, failed) <= kAuthorityBytesMax);
}

/// The address in a check must be a host and a port, and nothing else. So a caller cannot make this server call other paths.
std::optional<Response> refusalOf(const std::string& address, const char* what)
{
    if (const auto origin = parseOrigin(address); origin && address.size() <= 300) return std::nullopt;
    return Response::badRequest(std::string{what} + " must be an address of the other cluster, such as https://host:8200");
}

json::object findingObject(const Finding& finding)
{
    return {{"check", finding.check},
            {"level", toString(finding.level)},
            {"detail", finding.detail},
            {"next_step", finding.nextStep},
            {"from", finding.from}};
}

std::string textOf(const json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(name);
    return value && value->is_string() ? std::string{value->get_string()} : std::string{};
}

const json::object* objectIn(const json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(name);
    return value && value->is_object() ? &value->get_object() : nullptr;
}

} // namespace

void Preflight::lookAtCluster(const Options& options, Findings& out) const
{
    std::string text = options.clusterAddress;
    if (text.empty()) {
        const ApiFacts leader = call(options, "GET", "sys/leader", {}, {});
        if (leader.isReached && leader.status == 200) text = textOf(leader.body, "leader_cluster_address");
    }
    auto address = parseClusterAddress(text);
    if (!address) {
        address = parseClusterAddress(options.apiAddress);
        if (!address || address->port == 0xffff) {
            out.push_back({"cluster_port", Level::Unknown, "The other cluster does not say the address of its cluster port.",
                           "Give cluster_addr, or target_token."});
            return;
        }
        ++address->port; // the default port: the API's plus one
        text = address->hostAndPort();
    }
    crypto::TlsProbe probes[2];
    const char* protocols[] = {replication::kPerformanceProtocol, replication::kDrProtocol};
    for (int at = 0; at < 2; ++at) {
        if (at == 1 && !probes[0].isConnected) break;
        probes[at] = crypto::probeTls({.host = address->host, .port = address->port, .protocols = {protocols[at]}});
    }
    checkClusterPort(text, probes, m_services.clock.now(), out);
}

ApiFacts Preflight::lookUpToken(const Options& options) const
{
    WipingMemory memory;
    std::string body = json::serialize(json::object{{{"token", options.activationToken.view()}}, json::storage_ptr{&memory}});
    ApiFacts facts = call(options, "POST", "sys/wrapping/lookup", body, {});
    wipe(body);
    return facts;
}

Preflight::SelfReport Preflight::checkBack(const Options& options, Findings& out) const
{
    if (options.isBack) return {};
    const auto unknown = [&out](std::string detail, std::string next) {
        out.push_back({"check_back", Level::Unknown, std::move(detail), std::move(next), "there"});
        return SelfReport{};
    };
    if (options.targetToken.empty()) {
        return unknown("The connection from the other cluster to this one was not checked, because the other cluster was not asked.",
                       "Give target_token, a token of the other cluster with update on sys/replication/preflight.");
    }
    if (m_services.apiAddress.empty())
        return unknown("The connection from the other cluster to this one was not checked, because this cluster advertises no API address.",
                       "Set api_addr here.");
    const std::string body = json::serialize(json::object{
        {"api_addr", m_services.apiAddress}, {"cluster_addr", m_services.clusterAddress}, {"ca_pem", options.ownCaPem}, {"is_back", true}});
    const ApiFacts answer = call(options, "POST", "sys/replication/preflight", body, options.targetToken);
    const auto* data = answer.isReached && answer.status == 200 ? objectIn(answer.body, "data") : nullptr;
    const auto* findings = data ? data->if_contains("findings") : nullptr;
    if (!findings || !findings->is_array()) {
        return unknown("The connection from the other cluster to this one was not checked, because the other cluster answered " +
                           (answer.isReached ? "with status " + std::to_string(answer.status) : "nothing") + ".",
                       "Give a token of the other cluster with update on sys/replication/preflight.");
    }
    for (const auto& row : findings->get_array()) {
        if (!row.is_object() || out.size() > 60) continue;
        const auto& object = row.get_object();
        const auto plain = [&](const char* name) { // another cluster's words: only printable characters pass
            std::string text = textOf(object, name).substr(0, 500);
            std::ranges::replace_if(
                text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f; }, '?');
            return text;
        };
        out.push_back({plain("check"), levelFromWire(textOf(object, "level")), plain("detail"), plain("next_step"), "there"});
    }
    const auto* self = objectIn(*data, "self");
    SelfReport report;
    if (self) report.clusterAddress = textOf(*self, "cluster_address");
    const auto* used = self ? self->if_contains("storage_used_bytes") : nullptr;
    if (used && used->is_uint64()) report.usedBytes = used->get_uint64();
    if (used && used->is_int64() && used->get_int64() >= 0) report.usedBytes = static_cast<std::uint64_t>(used->get_int64());
    return report;
}

Response Preflight::run(Options options)
{
    while (options.apiAddress.ends_with('/')) options.apiAddress.pop_back();
    if (auto refusal = refusalOf(options.apiAddress, "api_addr")) return *refusal;
    if (!options.clusterAddress.empty()) {
        if (auto refusal = refusalOf(options.clusterAddress, "cluster_addr")) return *refusal;
    }
    for (const auto& [text, name] : {std::pair{&options.activationToken, "token"}, std::pair{&options.targetToken, "target_token"}}) {
        // A token is sent in a header, so it must not hold line breaks.
        if (hasControls(text->view())) return Response::badRequest(std::string{name} + " is not a token");
    }
    if (!isAuthorityFile(options.caFile)) return Response::badRequest("ca_file must name a file of certificates");
    // Each run holds a thread for up to a minute, so their number is limited.
    const auto running = std::shared_ptr<void>{nullptr, [this](void*) { --m_running; }};
    if (++m_running > kRunsMax) return mount::retryLater("other checks are still running, try again later");
    const auto began = m_services.clock.steadyNow();
    Findings findings;
    const ApiFacts health = call(options, "GET", kHealth, {}, {});
    const auto follows = options.isBack ? Follows::There : options.activationToken.empty() ? Follows::Unknown : Follows::Here;
    checkHealth(health, m_services.version, follows, findings);
    if (options.apiAddress.starts_with("https://")) {
        if (const auto address = parseOrigin(options.apiAddress)) {
            const auto probe = crypto::probeTls({.host = address->host,
                                                 .port = address->port,
                                                 .protocols = {"http/1.1"},
                                                 .authorities = options.caPem,
                                                 .authorityFile = options.caFile});
            checkCertificate("api_certificate", probe, m_services.clock.now(), findings);
        }
    } else {
        findings.push_back({"api_certificate", Level::Warn, "The API is called without TLS.", "Use TLS outside of a lab."});
    }
    std::optional<std::uint64_t> needed;
    if (health.isReached) {
        const SelfReport report = checkBack(options, findings);
        needed = report.usedBytes;
        if (options.clusterAddress.empty()) options.clusterAddress = report.clusterAddress;
        lookAtCluster(options, findings);
    }
    if (!options.activationToken.empty()) {
        const auto claims = crypto::unverifiedClaims(options.activationToken.view());
        const ApiFacts lookup = health.isReached ? lookUpToken(options) : ApiFacts{};
        checkToken(claims ? *claims : std::string{}, options.apiAddress, lookup, m_services.clock.now(), findings);
    }
    for (auto& warning : m_services.ownWarnings ? m_services.ownWarnings() : std::vector<std::string>{}) {
        findings.push_back({"own_certificate", Level::Warn, std::move(warning) + ".",
                            "Others call this cluster too: renew the certificate, or correct the file's mode."});
    }
    const auto room = m_services.room();
    checkRoom(room.freeBytes, needed, findings);

    const char* const result = toString(worstOf(findings));
    json::array rows;
    for (const auto& finding : findings) rows.push_back(findingObject(finding));
    logging::info("cluster", "preflight", {{"target", options.apiAddress}, {"result", result}});
    return Response::ofData({{"result", result},
                             {"findings", std::move(rows)},
                             {"duration_ms", std::chrono::duration_cast<std::chrono::milliseconds>(m_services.clock.steadyNow() - began).count()},
                             {"self", json::object{{"api_address", m_services.apiAddress},
                                                   {"cluster_address", m_services.clusterAddress},
                                                   {"version", m_services.version},
                                                   {"storage_used_bytes", room.usedBytes}}}});
}

} // namespace core::cluster
