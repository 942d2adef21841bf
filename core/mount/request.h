#pragma once

#include "core/policy/operation.h"

#include <boost/json/object.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace core::token {
struct TokenEntry;
}

namespace core::mount {

struct Header {
    std::string name; // lower case
    std::string value;
};

/// One logical request, without HTTP: the form that a backend gets, that audit writes, and that is forwarded.
struct Request {
    std::string id; // UUID
    policy::Operation operation = policy::Operation::Read;
    std::string path;          // below /v1/, without leading '/': "secret/data/app"
    std::string mountPoint;    // "secret/", set by the router
    std::string relativePath;  // below the mount: "data/app", set by the router
    boost::json::object data;  // the body's fields, or the query's for reads; the backend adds path fields itself
    std::string body;          // the body as received, for backends that keep the caller's text (numbers stay exact)
    std::size_t bodyBytes = 0; // size of the received body, also if `body` does not keep it (forms)

    std::string clientToken;
    std::shared_ptr<const token::TokenEntry> token;                   // set after the token was checked; null on paths that need no token
    std::shared_ptr<const std::vector<std::string>> identityPolicies; // that the token's entity adds; null: the token has no entity
    bool hasSudo = false;                                             // the token's policies grant sudo on this path

    std::optional<std::chrono::nanoseconds> wrapTtl;
    bool isWrapFormatJwt = false;

    std::string remoteAddress;
    std::uint16_t remotePort = 0;
    std::vector<Header> headers;
    std::string uri; // path and query as received, for audit
    std::string contentType;
    std::string replicationCluster;        // id of the secondary cluster that forwarded it, or empty
    std::string bodyFile;                  // path of a temporary file, for bodies too large for memory (snapshots)
    std::vector<std::string> stateHeaders; // X-Vault-Index, as they came
};

} // namespace core::mount
