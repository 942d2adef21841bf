#include "tests/sim/simulation.h"

namespace sim {

using namespace core::replication;

/// A cluster is chosen at random. In 70 % of the cases in which it is a DR secondary:
///   1. The network between it and its primary is cut. It misses what the primary writes from now on.
///   2. The primary stops for 14 s, so the other secondaries lose it as well.
///   3. The DR secondary salvages: it asks the others for what it has missed.
///   4. In 60 % it is promoted.
/// In all other cases the cluster only previews a promotion.
void Simulation::loseRandomPrimary()
{
    for (const auto& cluster : m_clusters) {
        if (!cluster->isRunning()) return;
    }
    const int secondary = pickCluster();
    if (modeOf(secondary, Type::Dr) != Mode::Secondary || m_world.chancePerMille(300)) {
        const Type type = m_world.chancePerMille(500) ? Type::Dr : Type::Performance;
        return at(secondary).preview(type);
    }
    const int primary = primaryOf(secondary, Type::Dr);
    if (primary < 0) return;
    m_world.note(secondary, "loses its primary", static_cast<std::uint64_t>(primary));
    m_network.cut(primary, secondary);
    m_network.cut(secondary, primary);
    m_world.after(m_world.between(milliseconds{100}, seconds{4}), [this, primary] { at(primary).restart(seconds{14}); });
    m_world.after(m_world.between(seconds{11}, seconds{14}), [this, secondary, primary] { // the secondary has noticed the loss by now
        m_network.heal(primary, secondary);
        m_network.heal(secondary, primary);
        if (m_world.chancePerMille(500)) at(secondary).preview(Type::Dr);
        at(secondary).salvage([this, secondary] {
            if (m_isLive && m_world.chancePerMille(600)) promote(secondary, Type::Dr, m_world.chancePerMille(300));
        });
    });
}

/// A performance secondary becomes a relay, stops relaying, or gets a secondary. The new secondary is sometimes a cluster above the relay; such a
/// ring must be refused.
void Simulation::changeRandomRelay()
{
    const int relay = pickCluster();
    const int candidate = pickCluster();
    if (!at(relay).isRunning() || !at(candidate).isRunning() || relay == candidate || modeOf(relay, Type::Performance) != Mode::Secondary) return;
    if (!at(relay).manager().relay().isOn()) {
        at(relay).operate("enable relay", [](ReplicationManager& manager) { return manager.relay().enable({}); });
        return;
    }
    const std::string id = "c" + std::to_string(candidate) + "-" + std::to_string(m_idNext++);
    switch (m_world.pick(8)) {
    case 0: at(relay).operate("disable relay", [](ReplicationManager& manager) { return manager.relay().disable(); }); return;
    case 1:
    case 2:
    case 3:
        if (modeOf(candidate, Type::Performance) != Mode::Disabled) return;
        return withToken(
            relay, Type::Performance, id,
            [this, candidate](const std::string& token) {
                at(candidate).operate("enable-secondary of a relay", [token](ReplicationManager& manager) {
                    return manager.activation().enable(Type::Performance, {.token = token});
                });
            },
            Side::Relay);
    default:
        if (modeOf(candidate, Type::Performance) != Mode::Secondary) return;
        return withToken(
            relay, Type::Performance, id,
            [this, candidate](const std::string& token) {
                at(candidate).operate("update-primary to a relay", [token](ReplicationManager& manager) {
                    return manager.activation().update(Type::Performance, {.unwrap = {.token = token}, .addresses = {}});
                });
            },
            Side::Relay);
    }
}

} // namespace sim
