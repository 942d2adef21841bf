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

/// What the roles of a cluster stand on; all of it outlives the ReplicationManager.
struct ManagerServices {
    log::Store& store;
    barrier::Barrier& barrier;
    barrier::Seal& seal;
    const Clock& clock;
    Random& random;
    Host& host;
    /// How an activation token is opened; another one only in tests.
    std::function<Result<ActivationBundle>(const UnwrapOptions&, WallTime)> unwrap = unwrapActivation;
    /// Null: a thread of the manager's own.
    Background* background = nullptr;
    /// This cluster's own keys (null: it proves nothing on links), and whose batch tokens count here (null: tokens are told of to nobody).
    trust::KeyHolder* ownKeys = nullptr;
    trust::TokenMakers* tokenMakers = nullptr;
    std::chrono::seconds leaseTtlMax{768 * 3600}; // of tokens, where a mount has no longer time
    /// Null: an activation wipes without a way back.
    WipeGuard* wipeGuard = nullptr;
    /// Version of this program, as other members are told.
    std::string program = HOLDFAST_VERSION;
};

/// Whatever the stored role says, it may be written: roles are this module's own keys.
inline constexpr barrier::WriteAccess kRoleAccess{true, true};

} // namespace core::replication
