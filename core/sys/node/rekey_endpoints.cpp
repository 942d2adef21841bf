#include "core/sys/node/rekey_endpoints.h"

#include "core/base/encoding.h"
#include "core/base/logging.h"
#include "core/sys/node/key_shares.h"
#include "core/sys/node/node_endpoints.h"
#include "core/sys/node/raw_fields.h"

#include <boost/json/array.hpp>

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;
using policy::Operation;
using namespace raw;

constexpr std::string_view kUnsealKeys = "sys/rekey/";
constexpr std::string_view kRecoveryKeys = "sys/rekey-recovery-key/";

/// Init, update or verify; empty for another path.
std::string_view stepOf(std::string_view path)
{
    for (const auto prefix : {kUnsealKeys, kRecoveryKeys}) {
        if (!path.starts_with(prefix)) continue;
        const auto step = path.substr(prefix.size());
        if (step == "init" || step == "update" || step == "verify") return step;
    }
    return {};
}

Response describe(const Rekey::Status& status)
{
    json::object body{{"nonce", status.nonce},
                      {"started", status.isStarted},
                      {"t", status.counts.threshold},
                      {"n", status.counts.shares},
                      {"progress", status.progress},
                      {"required", status.required},
                      {"pgp_fingerprints", nullptr},
                      {"backup", false},
                      {"verification_required", status.needsVerification}};
    if (!status.verificationNonce.empty()) body["verification_nonce"] = status.verificationNonce;
    return Response::raw(200, body);
}

Response describeVerification(const Rekey::Status& status)
{
    return Response::raw(200, {{"nonce", status.verificationNonce},
                               {"started", status.isStarted},
                               {"t", status.counts.threshold},
                               {"n", status.counts.shares},
                               {"progress", status.verificationProgress}});
}

/// Logs what happened to an attempt and from which address, because these calls need no token.
void note(const mount::Request& request, std::string_view what, const Rekey::Status& status = {})
{
    logging::warn("sys", what,
                  {{"remote_address", remoteOf(request)},
                   {"nonce", status.nonce},
                   {"progress", std::to_string(status.verificationNonce.empty() ? status.progress : status.verificationProgress)}});
}

Result<SecretBytes> shareOf(const mount::Request& request)
{
    auto text = textField(request, "key");
    if (text.empty()) return Error{ErrorCode::InvalidArgument, "'key' must be specified in request body as JSON"};
    auto share = decodeShare(text);
    wipe(text);
    return share;
}

} // namespace

bool RekeyEndpoints::owns(std::string_view path)
{
    return !stepOf(path).empty();
}

Response RekeyEndpoints::handle(const mount::Request& request)
{
    const auto node = m_node.sealStatus();
    if (!node.isInitialized || node.isSealed) return Response::error(503, "Vault is sealed");
    const auto health = m_node.health();
    if (health.isDrSecondary) return Response::badRequest("path disabled in replication DR secondary mode");
    const bool isRecovery = request.path.starts_with(kRecoveryKeys);
    if (isRecovery && !node.isAutomatic) return Response::badRequest("recovery rekeying not supported");
    if (!isRecovery && node.isAutomatic) {
        return Response::badRequest("the seal opens by itself and has no unseal keys; recovery keys are replaced at sys/rekey-recovery-key");
    }
    if (health.performanceMode == "secondary") {
        return Response::badRequest("rekeying can only be performed on the primary cluster when replication is activated");
    }
    const auto step = stepOf(request.path);
    auto answer = step == "init" ? init(request) : step == "verify" ? verify(request) : update(request, isRecovery ? "recovery" : "barrier");
    if (answer.isError && request.operation != Operation::Read) {
        logging::warn(
            "sys", "a call about a rekey was refused",
            {{"remote_address", remoteOf(request)}, {"path", request.path}, {"why", answer.errors.empty() ? std::string{} : answer.errors.front()}});
    }
    return withOwnerOfShares(std::move(answer), node);
}

Response RekeyEndpoints::init(const mount::Request& request)
{
    if (request.operation == Operation::Read) return describe(m_rekey.status());
    if (request.operation == Operation::Delete) {
        const auto before = m_rekey.status();
        if (auto cancelled = m_rekey.cancel(textField(request, "nonce")); !cancelled) return refusal(cancelled.error());
        if (before.isStarted) note(request, "a rekey was cancelled", before);
        return Response{};
    }
    if (request.operation != Operation::Update) return Response::error(405, {});
    const auto shares = numberField(request, "secret_shares", 0);
    const auto threshold = numberField(request, "secret_threshold", 0);
    if (!shares || !threshold) return Response::badRequest("secret_shares and secret_threshold must be numbers");
    const auto* keys = field(request, "pgp_keys");
    const std::size_t keyCount = keys != nullptr && keys->is_array() ? keys->as_array().size() : 0;
    if (flag(request, "backup") && keyCount == 0) {
        return Response::badRequest("cannot request a backup of the new keys without providing PGP keys for encryption");
    }
    if (keyCount != 0) {
        return Response::badRequest(keyCount != static_cast<std::size_t>(*shares) ? "incorrect number of PGP keys for rekey"
                                                                                  : "PGP encryption of keys is not supported by this server");
    }
    const auto started = m_rekey.start({*shares, *threshold}, flag(request, "require_verification"));
    if (!started) return refusal(started.error());
    note(request, "a rekey was started", *started);
    return describe(*started);
}

Response RekeyEndpoints::update(const mount::Request& request, std::string_view kind)
{
    if (request.operation != Operation::Update) return Response::error(405, {});
    auto share = shareOf(request);
    if (!share) return refusal(share.error());
    auto outcome = m_rekey.provide(std::move(*share), textField(request, "nonce"), kind);
    if (!outcome) return refusal(outcome.error());
    note(request,
         !outcome->isComplete                ? "a key share was given for a rekey"
         : outcome->status.needsVerification ? "a rekey made new key shares, which wait for their verification"
                                             : "a rekey was completed: the root key and the key shares are new",
         outcome->status);
    if (!outcome->isComplete) return describe(outcome->status);
    json::array hex, base64;
    for (const auto& made : outcome->shares) {
        hex.emplace_back(toHex(made.view()));
        base64.emplace_back(toBase64(made.view()));
    }
    json::object body{{"nonce", outcome->status.nonce},
                      {"complete", true},
                      {"keys", std::move(hex)},
                      {"keys_base64", std::move(base64)},
                      {"pgp_fingerprints", nullptr},
                      {"backup", false},
                      {"verification_required", outcome->status.needsVerification}};
    if (!outcome->status.verificationNonce.empty()) body["verification_nonce"] = outcome->status.verificationNonce;
    return Response::raw(200, body);
}

Response RekeyEndpoints::verify(const mount::Request& request)
{
    if (request.operation == Operation::Delete) {
        const auto restarted = m_rekey.restartVerification(textField(request, "nonce"));
        if (!restarted) return refusal(restarted.error());
        note(request, "the verification of a rekey was cancelled", *restarted);
        return describeVerification(*restarted);
    }
    if (request.operation == Operation::Read) {
        const auto status = m_rekey.status();
        if (status.verificationNonce.empty()) return Response::badRequest("no rekey verification in progress");
        return describeVerification(status);
    }
    if (request.operation != Operation::Update) return Response::error(405, {});
    auto share = shareOf(request);
    if (!share) return refusal(share.error());
    const auto outcome = m_rekey.verify(std::move(*share), textField(request, "nonce"));
    if (!outcome) return refusal(outcome.error());
    note(request,
         outcome->isComplete ? "a rekey was verified: the root key and the key shares are new" : "a new key share was given for verification",
         outcome->status);
    if (!outcome->isComplete) return describeVerification(outcome->status);
    return Response::raw(200, {{"nonce", outcome->status.verificationNonce}, {"complete", true}});
}

} // namespace core::sys
