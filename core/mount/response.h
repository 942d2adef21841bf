#pragma once

#include <boost/json/object.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace core::mount {

class AnswerStream;

/// The auth object: what a login or a token creation asks for. When the token exists, it also says what the token got.
struct Auth {
    std::string clientToken; // set when the token has been made
    std::string accessor;
    std::vector<std::string> policies; // of the token, sorted
    std::map<std::string, std::string> metadata;
    std::string displayName;
    std::chrono::seconds ttl{0};
    std::chrono::seconds maxTtl{0};
    std::chrono::seconds explicitMaxTtl{0};
    std::chrono::seconds period{0};
    std::int64_t useCount = 0;         // 0: unlimited
    std::string tokenType = "default"; // default | service | batch | default-service | default-batch
    std::vector<std::string> boundCidrs;
    std::string aliasName;                            // of the user at the auth mount; the pipeline finds or makes the entity. Empty: none
    std::map<std::string, std::string> aliasMetadata; // stored with the alias
    std::vector<std::string> groupNames;              // of external groups at the auth mount
    std::string entityId;
    std::vector<std::string> identityPolicies; // that the entity and its groups add. Sorted
    bool isEntityNew = false;                  // this login has made it
    bool isCredentialLocal = false;            // only this cluster can check it, so the primary cannot repeat the login
    bool isRenewable = true;
    bool isOrphan = true;
    bool hasNoDefaultPolicy = false;
};

struct WrapInfo {
    std::string token;
    std::string accessor;
    std::chrono::seconds ttl{0};
    std::string creationTime; // RFC 3339
    std::string creationPath;
    std::string wrappedAccessor;
};

struct SecretLease {
    std::string id; // empty: nothing is leased, the duration is only information (kv v1)
    std::chrono::seconds duration{0};
    bool isRenewable = false;
};

/// A backend's answer. If nothing is set, it is 204 for writes and 404 for reads and lists.
struct Response {
    int status = 0; // 0: by content, see spec conventions.md §1 and §2
    std::optional<boost::json::object> data;
    /// Members of `data` that are kept as JSON text and spliced into the envelope without parsing: {"data", "{…}"}.
    std::vector<std::pair<std::string, std::string>> dataText;
    /// The whole of `data` as JSON text (kv v1).
    std::string wholeDataText;
    std::optional<Auth> auth;
    std::optional<SecretLease> lease;
    std::optional<WrapInfo> wrap;
    std::vector<std::string> warnings;
    std::vector<std::string> errors; // with `status`; see error()
    bool isError = false;
    bool isWrongCredential = false; // a refused login of an existing user; the user lockout counts it

    /// The backend demands that the answer is wrapped for this time, no matter what the client asked for (secondary-token).
    std::optional<std::chrono::nanoseconds> wrapTtl;
    bool isWrapFormatJwt = false;

    /// "raw" endpoints: the body is sent as it is, outside the envelope.
    bool isRaw = false;
    std::string rawBody;
    std::string rawContentType = "application/json";
    std::string rawFile;                     // sent instead of rawBody, and then deleted
    std::shared_ptr<AnswerStream> rawStream; // the same, but it continues; only for clients of this cluster
    /// "inject" endpoints: every key of `data` appears also at top level.
    bool isInjected = false;

    /// Header lines in addition to those of every answer: name and value.
    std::vector<std::pair<std::string, std::string>> headers;

    bool hasContent() const { return data || !dataText.empty() || !wholeDataText.empty() || auth || lease || wrap; }

    static Response ofData(boost::json::object data)
    {
        Response response;
        response.data = std::move(data);
        return response;
    }
    /// `text` is the only entry of "errors". With 404 and empty text the list is empty.
    static Response error(int status, std::string text)
    {
        Response response;
        response.status = status;
        response.isError = true;
        if (!text.empty()) response.errors.push_back(std::move(text));
        return response;
    }
    static Response badRequest(std::string text) { return error(400, std::move(text)); }
    static Response raw(int status, const boost::json::object& body);
};

/// The policies of a token and those that its entity adds. Sorted, each once.
std::vector<std::string> allPolicies(std::vector<std::string> own, const std::vector<std::string>& added);

} // namespace core::mount
