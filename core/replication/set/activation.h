#pragma once

#include "core/base/result.h"
#include "core/crypto/x509.h"
#include "core/replication/wire/link.h"

#include <boost/json/object.hpp>

#include <atomic>
#include <optional>
#include <string>

namespace core::replication {

/// What an activation token wraps: the identity of a new secondary and where its primary is
/// (spec: replication-behaviour.md §4).
struct ActivationBundle {
    Type type = Type::Performance;
    std::string setId;
    std::string secondaryId;
    std::string primaryClusterAddress;
    std::string authorityCertificate; // PEM
    crypto::Identity identity;
    std::string primaryKey{}; // member key that signs the answer to the bootstrap call; empty: of an older version
    std::string program{};    // the primary's version; empty: it reported none

    boost::json::object toJson() const;
    boost::json::object toJsonWithoutKey() const; // `client_key` is null
    /// Errors: InvalidArgument (fields missing, certificates that do not belong together).
    static Result<ActivationBundle> fromJson(const boost::json::object& data, WallTime now);
    /// The same, if the client key was opened elsewhere (sealed_activation.h).
    static Result<ActivationBundle> fromJson(const boost::json::object& data, SecretBytes clientKey, WallTime now);
};

/// How a secondary reaches its primary's API for the one call it needs there.
struct UnwrapOptions {
    std::string token{};             // the JWT
    std::string primaryApiAddress{}; // empty: the address in the token
    std::string caFile{};            // PEM; empty: the system's authorities
    std::string caPath{};
    std::string clientCertPem{}; // for a listener that asks for one, with its key
    std::string clientKeyPem{};
    std::string program = HOLDFAST_VERSION;         // of this cluster: it spends no token of a newer primary
    const std::atomic<bool>* isCancelled = nullptr; // ends the call soon after it becomes true
};

/// Unwraps the bundle of the token at the primary's API. Blocking, at most 10 s. The detail of an error is the API's text (spec:
/// replication-api.md §3). Errors: InvalidArgument (not a token; no address: the caller's 400), Unavailable, Timeout, PermissionDenied
/// (TLS), FailedPrecondition (the primary refused: used, expired, another's token), Unsupported (it runs a newer program: nothing is
/// asked), Cancelled.
Result<ActivationBundle> unwrapActivation(const UnwrapOptions& options, WallTime now);

} // namespace core::replication
