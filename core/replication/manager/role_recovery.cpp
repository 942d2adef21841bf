#include "core/replication/manager/role_operations.h"

#include "core/base/logging.h"
#include "core/base/name.h"
#include "core/mount/retry.h"
#include "core/replication/roles/refusals.h"

#include <algorithm>

namespace core::replication {

using mount::Response;

namespace {

constexpr std::uint64_t kEpochMax = (std::uint64_t{1} << 24) - 2; // larger epochs do not fit into the numbers of shared entries

std::vector<std::string> stepsFor(Type type, const Role& before, std::uint64_t epoch)
{
    const std::string path = "sys/replication/" + std::string{toString(type)};
    std::vector<std::string> steps{
        "Keep the former primary off. Nothing stops it if it starts again from its old storage: it accepts writes beside this cluster. Once a member "
        "follows this cluster, both raise the alarm two_primaries. Demote it first (" +
        path + "/primary/demote), then give it a token made here."};
    const std::size_t stepsForAll = steps.size();
    for (const auto& secondary : before.secondaries) {
        steps.push_back("Member " + secondary.id + ": make a token here (" + path + "/primary/secondary-token id=" + secondary.id +
                        ") and give it to the "
                        "member (" +
                        path + "/secondary/update-primary token=...). Its data stays.");
    }
    if (steps.size() == stepsForAll) {
        steps.push_back("Every member: make a token here (" + path + "/primary/secondary-token id=...) and give it to the member (" + path +
                        "/secondary/update-primary token=...). Its data stays.");
    }
    steps.push_back("A member that answers that it knows a later epoch than " + std::to_string(epoch) +
                    ": call this path again with that epoch plus one, then "
                    "make new tokens.");
    steps.push_back("Do not give a token to a cluster that was revoked after these contents were saved.");
    return steps;
}

} // namespace

Response RoleOperations::recoverPrimary(Type type, const RecoverOptions& options)
{
    if (auto why = options.setId.empty() ? std::string{} : nameRefusal("set_id", options.setId); !why.empty())
        return Response::badRequest(std::move(why));
    MutexLock operation{m_roles.operation};
    if (!m_roles.isPlayed(type)) return Response::badRequest("path disabled in replication DR secondary mode");
    const auto current = m_roles.role(type);
    if (current->mode != Mode::Primary && current->mode != Mode::Disabled) {
        return Response::badRequest("this cluster is a " + std::string{toString(type)} +
                                    " replication secondary; promote it, which keeps its data too");
    }
    if (current->mode == Mode::Primary && current->handover) return mount::retryLater(settlingText(type, *current->handover));
    const std::string setId = options.setId.empty() ? current->setId : options.setId;
    if (setId.empty()) {
        return Response::badRequest("no " + std::string{toString(type)} +
                                    " replication set is stored here; give set_id, which the status of each of its members "
                                    "shows as cluster_id");
    }
    if (!current->setId.empty() && current->setId != setId) {
        return Response::badRequest("this cluster is the primary of the " + std::string{toString(type)} + " replication set " + current->setId +
                                    "; to recover another one, disable replication here first");
    }
    const auto linked = m_roles.report(type);
    const auto isThere = std::ranges::find(linked.secondaries, true, &LinkStatus::Secondary::isConnected);
    if (isThere != linked.secondaries.end()) {
        return Response::badRequest("the member \"" + isThere->id +
                                    "\" is connected to this primary, so there is nothing to recover. A member that does not follow it "
                                    "gets a token, with another id");
    }
    const Epoch known = epochKnown(*current);
    const Epoch first = known.next();
    if (options.epoch != 0 && (options.epoch < first.value() || options.epoch > kEpochMax)) {
        return Response::badRequest("epoch " + std::to_string(options.epoch) + " is not between " + core::toString(first) +
                                    ", the next one here, and " + std::to_string(kEpochMax));
    }
    Role next;
    next.mode = Mode::Primary;
    next.setId = setId;
    next.epoch = options.epoch == 0 ? first : Epoch{options.epoch};
    if (const auto log = m_roles.trust(type); log && options.epoch == 0) next.epoch = std::max(next.epoch, Epoch{log->head().epoch + 1});
    next.primaryClusterAddress = options.primaryClusterAddress.empty() ? current->primaryClusterAddress : options.primaryClusterAddress;
    next.lastStart = m_services.clock.now();
    // A new authority, because every snapshot holds the key of the old one.
    auto authority = crypto::makeAuthority("holdfast " + std::string{toString(type)} + " " + setId, m_services.clock.now());
    if (!authority) return storageFailure(authority.error());
    next.authority = std::move(*authority);
    if (auto done = m_roles.signEpoch(type, next, known); !done) return storageFailure(done.error());
    if (auto changed = m_roles.recoverPrimary(type, next); !changed) return storageFailure(changed.error());
    m_roles.eraseSlots(type, *current);
    logging::warn("replication", "recovered as the primary of its replication set; each member needs a token",
                  {{"type", std::string{toString(type)}}, {"set", setId}, {"epoch", core::toString(next.epoch)}});
    const auto steps = stepsFor(type, *current, next.epoch.value());
    Response response =
        Response::ofData({{"cluster_id", setId}, {"epoch", next.epoch.value()}, {"steps", boost::json::array(steps.begin(), steps.end())}});
    response.warnings.emplace_back("this cluster is the primary now, and no member follows it before it has a token made here");
    return response;
}

} // namespace core::replication
