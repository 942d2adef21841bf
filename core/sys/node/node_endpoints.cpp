#include "core/sys/node/node_endpoints.h"

#include "core/sys/node/version_history.h"

#include "core/base/encoding.h"
#include "core/base/logging.h"
#include "core/mount/fields.h"
#include "core/sys/node/health.h"
#include "core/sys/node/key_shares.h"
#include "core/sys/node/raw_fields.h"

#include <boost/json/array.hpp>

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;
using policy::Operation;
using namespace raw;

constexpr std::string_view kGenerateRoot = "sys/generate-root/";
constexpr const char* kRaftJoin = "sys/storage/raft/join";
constexpr std::string_view kGenerateDr = "sys/replication/dr/secondary/generate-operation-token/";

} // namespace

Result<SecretBytes> decodeShare(std::string_view text)
{
    const auto isSized = [](std::size_t size) { return size >= 16 && size <= 33; };
    auto raw = fromHex(text);
    if (!raw || !isSized(raw->size())) raw = fromBase64(text);
    if (!raw) return Error{ErrorCode::InvalidArgument, "'key' must be a valid hex or base64 string"};
    if (raw->size() < 16) {
        return Error{ErrorCode::InvalidArgument, "invalid key: key is shorter than minimum 16 bytes"};
    }
    if (raw->size() > 33) {
        return Error{ErrorCode::InvalidArgument, "invalid key: key is longer than maximum 33 bytes"};
    }
    auto share = SecretBytes::copyOf(std::string_view{*raw});
    wipe(*raw);
    return share;
}

bool NodeEndpoints::owns(std::string_view path)
{
    for (const auto* exact : {"sys/health", "sys/seal-status", "sys/init", "sys/unseal", "sys/leader", kRaftJoin}) {
        if (path == exact) return true;
    }
    for (const auto prefix : {kGenerateRoot, kGenerateDr}) {
        if (!path.starts_with(prefix)) continue;
        const auto rest = path.substr(prefix.size());
        if (rest == "attempt" || rest == "update") return true;
    }
    return RekeyEndpoints::owns(path);
}

std::string_view NodeEndpoints::familyOf(std::string_view path)
{
    if (!owns(path)) return {};
    if (path.starts_with(kGenerateRoot)) return "generate-root";
    if (path.starts_with(kGenerateDr)) return "generate-operation-token";
    return RekeyEndpoints::owns(path) ? "rekey" : "";
}

bool NodeEndpoints::isAudited(const mount::Request& request)
{
    if (request.operation != Operation::Update && request.operation != Operation::Delete) return false;
    return request.path == "sys/unseal" || !familyOf(request.path).empty();
}

bool NodeEndpoints::isSlow(const mount::Request& request)
{
    return request.operation == Operation::Update &&
           (request.path == "sys/init" || request.path == "sys/unseal" || request.path.ends_with("/update") || request.path.ends_with("/verify"));
}

Response NodeEndpoints::handle(const mount::Request& request)
{
    const bool isRead = request.operation == Operation::Read;
    const bool isWrite = request.operation == Operation::Update;
    if (request.path == "sys/health" && isRead) return healthAnswer(m_node.health(), request, m_clock.now());
    if (request.path == "sys/seal-status" && isRead) return sealStatus();
    if (request.path == "sys/leader" && isRead) return leader();
    if (request.path == kRaftJoin && isWrite) return Response::badRequest(std::string{"cannot join: "} + kJoinRefusal);
    if (request.path == "sys/init" && isRead) {
        return Response::raw(200, {{"initialized", m_node.sealStatus().isInitialized}});
    }
    if (request.path == "sys/init" && isWrite) return initialize(request);
    if (request.path == "sys/unseal" && isWrite) return unseal(request);
    if (RekeyEndpoints::owns(request.path)) return m_rekey.handle(request);
    const bool isUpdate = request.path.ends_with("/update");
    if (request.path.starts_with(kGenerateRoot)) {
        return generation(request, RootGeneration::Kind::RootToken, isUpdate);
    }
    if (request.path.starts_with(kGenerateDr)) {
        return generation(request, RootGeneration::Kind::DrOperationToken, isUpdate);
    }
    return Response::error(405, {});
}

Response NodeEndpoints::sealStatus() const
{
    const auto status = m_node.sealStatus();
    json::object body{{"type", status.type},       {"initialized", status.isInitialized}, {"sealed", status.isSealed}, {"t", status.threshold},
                      {"n", status.shareCount},    {"progress", status.progress},         {"nonce", status.nonce},     {"version", kReportedVersion},
                      {"build_date", buildDate()}, {"migration", status.isMigrating}};
    if (!status.isSealed) {
        body["cluster_name"] = status.clusterName;
        body["cluster_id"] = status.clusterId;
    }
    body["recovery_seal"] = status.isAutomatic;
    if (status.isAutomatic) body["recovery_seal_type"] = "shamir";
    if (status.areSharesPrimarys) body["key_shares"] = kPrimarysSharesText;
    body["storage_type"] = status.storageType;
    return Response::raw(200, body);
}

Response NodeEndpoints::initialize(const mount::Request& request)
{
    if (m_node.sealStatus().isInitialized) return Response::badRequest("Vault is already initialized");
    const bool isRecovery = m_node.sealStatus().isAutomatic;
    InitOptions options;
    const char* sharesName = isRecovery ? "recovery_shares" : "secret_shares";
    const char* thresholdName = isRecovery ? "recovery_threshold" : "secret_threshold";
    const auto shares = numberField(request, sharesName, 0);
    const auto threshold = numberField(request, thresholdName, 0);
    if (!shares || !threshold) return Response::badRequest(std::string{sharesName} + " and " + thresholdName + " must be numbers");
    if (isRecovery && field(request, sharesName) == nullptr && field(request, thresholdName) == nullptr) {
        return Response::badRequest("recovery configuration must be supplied");
    }
    if (isRecovery && *shares < 1) return Response::badRequest("recovery configuration must specify a positive number of shares");
    for (const auto* name : {"pgp_keys", "recovery_pgp_keys", "root_token_pgp_key"}) {
        const auto* value = field(request, name);
        const bool isAsked =
            value != nullptr && ((value->is_array() && !value->as_array().empty()) || (value->is_string() && !value->as_string().empty()));
        if (isAsked) return Response::badRequest("PGP encryption of keys is not supported by this server");
    }
    options.shareCount = *shares;
    options.threshold = *threshold;
    auto made = m_node.initialize(options);
    if (!made) return refusal(made.error());
    json::array hex, base64;
    for (const auto& share : made->shares) {
        hex.emplace_back(toHex(share.view()));
        base64.emplace_back(toBase64(share.view()));
    }
    json::object body;
    if (isRecovery) {
        body = {
            {"keys", json::array{}}, {"keys_base64", json::array{}}, {"recovery_keys", std::move(hex)}, {"recovery_keys_base64", std::move(base64)}};
    } else {
        body = {{"keys", std::move(hex)}, {"keys_base64", std::move(base64)}};
    }
    body["root_token"] = made->rootToken;
    wipe(made->rootToken);
    return Response::raw(200, body);
}

Response NodeEndpoints::unseal(const mount::Request& request)
{
    const auto status = m_node.sealStatus();
    if (!status.isInitialized) return Response::badRequest("Vault is not initialized");
    if (flag(request, "reset")) {
        if (!status.isSealed) return Response::badRequest("vault is unsealed");
        m_node.resetUnseal();
        logging::warn("sys", "the key shares given for unsealing were forgotten", {{"remote_address", remoteOf(request)}});
        return sealStatus();
    }
    auto text = textField(request, "key");
    if (text.empty()) {
        return Response::badRequest("'key' must be specified in request body as JSON, or 'reset' set to true");
    }
    auto share = decodeShare(text);
    wipe(text);
    if (!share) return refusal(share.error());
    if (!status.isSealed) return sealStatus();
    if (auto provided = m_node.provideUnsealShare(std::move(*share), flag(request, "migrate")); !provided) {
        logging::warn("sys", "a key share was refused for unsealing", {{"remote_address", remoteOf(request)}, {"why", provided.error().detail}});
        return withOwnerOfShares(refusal(provided.error()), status);
    }
    const auto after = m_node.sealStatus();
    logging::info("sys", after.isSealed ? "a key share was given for unsealing" : "unsealed by key shares",
                  {{"remote_address", remoteOf(request)}, {"progress", std::to_string(after.progress)}});
    return sealStatus();
}

Response NodeEndpoints::leader() const
{
    const auto status = m_node.sealStatus();
    const auto leader = m_node.leader();
    const bool isSealed = !status.isInitialized || status.isSealed;
    if (isSealed && leader.isHaEnabled) return Response::error(503, "Vault is sealed");
    const bool isLeader = leader.isHaEnabled;
    json::object body{{"ha_enabled", isLeader},
                      {"is_self", isLeader},
                      {"active_time", isLeader ? toRfc3339(leader.activeSince) : "0001-01-01T00:00:00Z"},
                      {"leader_address", isLeader ? leader.apiAddress : ""},
                      {"leader_cluster_address", isLeader ? leader.clusterAddress : ""},
                      {"performance_standby", false},
                      {"performance_standby_last_remote_wal", 0},
                      {"last_wal", leader.lastWal}};
    if (isLeader) {
        body["raft_committed_index"] = leader.lastWal;
        body["raft_applied_index"] = leader.lastWal;
    }
    return Response::raw(200, body);
}

Response NodeEndpoints::generation(const mount::Request& request, RootGeneration::Kind kind, bool isUpdate)
{
    const auto node = m_node.sealStatus();
    if (!node.isInitialized || node.isSealed) return Response::error(503, "Vault is sealed");
    const bool isDrSecondary = m_node.health().isDrSecondary;
    if (kind == RootGeneration::Kind::DrOperationToken && !isDrSecondary) return Response::badRequest("Not a DR secondary");
    if (kind == RootGeneration::Kind::RootToken && isDrSecondary) {
        return Response::badRequest("path disabled in replication DR secondary mode");
    }
    const std::string what = kind == RootGeneration::Kind::RootToken ? "root token" : "DR operation token";
    const auto note = [&](const std::string& text, std::string detail) {
        logging::warn("sys", "generation of a " + what + ": " + text, {{"remote_address", remoteOf(request)}, {"detail", std::move(detail)}});
    };
    const auto refuse = [&](const Error& error) {
        note("refused", error.detail);
        return withOwnerOfShares(refusal(error), node);
    };
    Result<RootGeneration::Status> status = m_generation.status(kind);
    if (isUpdate) {
        if (request.operation != Operation::Update) return Response::error(405, {});
        auto text = textField(request, "key");
        if (text.empty()) return Response::badRequest("'key' must be specified in request body as JSON");
        auto share = decodeShare(text);
        wipe(text);
        if (!share) return refuse(share.error());
        status = m_generation.provide(kind, std::move(*share), textField(request, "nonce"));
        if (!status) return refuse(status.error());
        note(status->isComplete ? "the token was generated" : "a key share was given",
             std::to_string(status->progress) + " of " + std::to_string(status->required) + " key shares");
    } else if (request.operation == Operation::Update) {
        if (!textField(request, "pgp_key").empty()) {
            return Response::badRequest("PGP encryption of keys is not supported by this server");
        }
        status = m_generation.start(kind, textField(request, "otp"));
        if (!status) return refuse(status.error());
        note("started", "nonce " + status->nonce);
    } else if (request.operation == Operation::Delete) {
        if (m_generation.cancel()) note("cancelled", "the key shares given so far are forgotten");
        return Response{};
    } else if (request.operation != Operation::Read) {
        return Response::error(405, {});
    }
    if (!status) return refusal(status.error());
    json::object body{{"nonce", status->nonce},
                      {"started", status->isStarted},
                      {"progress", status->progress},
                      {"required", status->required},
                      {"complete", status->isComplete},
                      {"encoded_token", status->encodedToken},
                      {"encoded_root_token", kind == RootGeneration::Kind::RootToken ? status->encodedToken : ""},
                      {"pgp_fingerprint", ""},
                      {"otp", status->otp},
                      {"otp_length", status->otpLength}};
    if (node.areSharesPrimarys) body["key_shares"] = kPrimarysSharesText;
    return Response::raw(200, body);
}

} // namespace core::sys
