#pragma once

#include "core/barrier/scope.h"
#include "core/barrier/seal.h"
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/log/store.h"
#include "core/replication/set/activation.h"
#include "core/replication/seams/host.h"
#include "core/replication/seams/wipe_guard.h"
#include "core/replication/seams/worker.h"
#include "core/trust/member_keys.h"
#include "core/trust/token_makers.h"

#include <functional>

namespace core::replication {

/// What the roles of a cluster need from outside. All of it outlives the ReplicationManager.
struct ManagerServices {
    log::Store& store;
    barrier::Barrier& barrier;
    barrier::Seal& seal;
    const Clock& clock;
    Random& random;
    Host& host;
    /// Opens an activation token. Only tests replace it.
    std::function<Result<ActivationBundle>(const UnwrapOptions&, WallTime)> unwrap = unwrapActivation;
    /// Null: a thread of the manager's own.
    Background* background = nullptr;
    /// This cluster's own keys (null: it proves nothing on links), and the keys whose batch tokens count here (null: this cluster sends no
    /// token keys).
    trust::KeyHolder* ownKeys = nullptr;
    trust::TokenMakers* tokenMakers = nullptr;
    std::chrono::seconds leaseTtlMax{768 * 3600}; // of tokens, if no mount has a longer one
    /// Null: an activation wipes without a safety snapshot.
    WipeGuard* wipeGuard = nullptr;
    /// The version of this program for other members.
    std::string program = HOLDFAST_VERSION;
    /// How many members are asked at the same time. 1: no thread is started, as a simulator needs it.
    std::size_t askersMax = 16;
};

/// Roles may be written in any mode, because they are this module's own keys.
inline constexpr barrier::WriteAccess kRoleAccess{true, true};

} // namespace core::replication
