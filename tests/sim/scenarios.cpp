#include "tests/sim/simulation.h"

namespace sim {

using namespace core::replication;

/// A DR secondary loses its primary, and a little later every secondary does. Then it asks for what the others have received in between,
/// and salvages it, perhaps before a promotion.
void Simulation::loseSomewhere()
{
    for (const auto& cluster : m_clusters) {
        if (!cluster->isRunning()) return;
    }
    const int lost = pickCluster();
    if (modeOf(lost, Type::Dr) != Mode::Secondary || m_world.chance(300)) {
        const Type type = m_world.chance(500) ? Type::Dr : Type::Performance;
        return at(lost).preview(type);
    }
    const int primary = primaryOf(lost, Type::Dr);
    if (primary < 0) return;
    m_world.note(lost, "loses its primary", static_cast<std::uint64_t>(primary));
    m_network.cut(primary, lost);
    m_network.cut(lost, primary);
    m_world.after(m_world.between(milliseconds{100}, seconds{4}), [this, primary] { at(primary).restart(seconds{14}); });
    m_world.after(m_world.between(seconds{11}, seconds{14}), [this, lost, primary] { // the secondary has noticed the loss by now
        m_network.heal(primary, lost);
        m_network.heal(lost, primary);
        if (m_world.chance(500)) at(lost).preview(Type::Dr);
        at(lost).salvage([this, lost] {
            if (m_isLive && m_world.chance(600)) promote(lost, Type::Dr, m_world.chance(300));
        });
    });
}

/// A performance secondary begins to relay, stops, or gets a secondary, which is sometimes a cluster above it.
void Simulation::relaySomewhere()
{
    const int one = pickCluster();
    const int other = pickCluster();
    if (!at(one).isRunning() || !at(other).isRunning() || one == other || modeOf(one, Type::Performance) != Mode::Secondary) return;
    if (!at(one).manager().isRelay()) {
        at(one).operate("enable relay", [](ReplicationManager& manager) { return manager.enableRelay({}); });
        return;
    }
    const std::string id = "c" + std::to_string(other) + "-" + std::to_string(m_idNext++);
    switch (m_world.pick(8)) {
    case 0: at(one).operate("disable relay", [](ReplicationManager& manager) { return manager.disableRelay(); }); return;
    case 1:
    case 2:
    case 3:
        if (modeOf(other, Type::Performance) != Mode::Disabled) return;
        return withToken(
            one, Type::Performance, id,
            [this, other](const std::string& token) {
                at(other).operate("enable-secondary of a relay",
                                  [token](ReplicationManager& manager) { return manager.enableSecondary(Type::Performance, {.token = token}); });
            },
            Side::Relay);
    default:
        if (modeOf(other, Type::Performance) != Mode::Secondary) return;
        return withToken(
            one, Type::Performance, id,
            [this, other](const std::string& token) {
                at(other).operate("update-primary to a relay", [token](ReplicationManager& manager) {
                    return manager.updatePrimary(Type::Performance, {.unwrap = {.token = token}, .addresses = {}});
                });
            },
            Side::Relay);
    }
}

} // namespace sim
