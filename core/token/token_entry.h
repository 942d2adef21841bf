#pragma once

#include "core/base/clock.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace core::token {

enum class TokenType { Service, Batch };

/// All data of a token. A service token is stored sealed under the salted HMAC of its id; a batch token carries its data inside.
struct TokenEntry {
    std::string id; // empty in answers by accessor
    TokenType type = TokenType::Service;
    std::string accessor;
    std::string parent; // salted id of the parent; empty: orphan
    std::vector<std::string> policies;
    std::string path; // "auth/token/create"
    std::map<std::string, std::string> metadata;
    std::string displayName;
    std::int64_t usesLeft = 0; // 0: unlimited
    WallTime createdAt;
    WallTime issuedAt; // creation or last renewal
    std::chrono::seconds creationTtl{0};
    std::chrono::seconds explicitMaxTtl{0};
    std::chrono::seconds period{0};
    WallTime expiresAt; // epoch: never
    std::string role;
    std::string entityId;
    std::vector<std::string> boundCidrs;
    bool isRenewable = true;
    std::string madeBy;      // for a batch token of another cluster: the id of the secondary that made it; never stored
    std::string cubbyholeId; // names the token's folder in the cubbyhole; empty for batch tokens

    bool isRoot() const { return policies.size() == 1 && policies.front() == "root"; }
    bool expires() const { return expiresAt != WallTime{}; }
};

} // namespace core::token
