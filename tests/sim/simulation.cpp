#include "tests/sim/simulation.h"

namespace sim {

using namespace core::replication;

Simulation::Simulation(Options options)
    : m_seed{options.seed}
    , m_world{options.seed, options.isTracing}
    , m_network{m_world, static_cast<int>(2 + m_world.pick(5))}
    , m_shared{m_world, m_network}
{
    m_shared.canUnwrap = [this](int issuer, int asker) {
        return issuer >= 0 && at(issuer).isRunning() && (issuer == asker || m_network.reaches(asker, issuer));
    };
    m_shared.isFollowing = [this](int cluster) { return at(cluster).isRunning() && at(cluster).manager().isPerformanceSecondary(); };
    m_shared.sumOf = [this](int cluster) { return at(cluster).model().sum(); };
    const bool isExtended = m_seed >= kExtendedFrom;
    m_shared.hasFilters = isExtended && m_world.chancePerMille(600);
    m_hasLosses = isExtended && m_world.chancePerMille(500);
    m_hasRelays = isExtended && m_world.chancePerMille(500);
    m_hasForgers = isExtended;
    m_hasAdversary = m_seed >= kAdversaryFrom;
    for (int number = 0; number < m_network.clusterCount(); ++number) {
        m_clusters.push_back(std::make_unique<Cluster>(m_shared, number, m_seed));
        at(number).initialize();
    }
    m_world.setObserver([this] {
        for (const auto& cluster : m_clusters) {
            if (!cluster->isRunning()) continue;
            cluster->buryIfDead();
            if (!cluster->isRunning()) cluster->startLater(m_world.between(milliseconds{100}, seconds{6}));
            else if (m_shared.hasFilters) cluster->mountRules();
        }
    });
}

Mode Simulation::modeOf(int cluster, Type type)
{
    Cluster& one = at(cluster);
    if (!one.isRunning()) return Mode::Disabled;
    if (type == Type::Performance && one.manager().isDrSecondary()) return Mode::Disabled;
    return one.manager().roles().mode(type);
}

bool Simulation::waitFor(const std::function<bool()>& isDone, Duration atMost)
{
    const Duration end = m_world.now() + atMost;
    while (!m_world.failure() && m_world.now() < end) {
        if (isDone()) return true;
        m_world.runFor(milliseconds{50});
    }
    return isDone();
}

/// Builds the set that the seed describes, without faults.
void Simulation::build()
{
    const auto waitUntilIdle = [this] {
        waitFor(
            [this] {
                for (const auto& cluster : m_clusters)
                    if (cluster->isBusy()) return false;
                return true;
            },
            seconds{20});
    };
    enable(0, Type::Performance);
    for (auto count = m_shared.hasFilters ? m_world.pick(5) : 0; count > 0; --count) at(0).mountAt(anyFilter().paths.front());
    if (m_world.chancePerMille(500)) enable(0, Type::Dr);
    waitUntilIdle();
    for (int number = 1; number < m_network.clusterCount(); ++number) {
        // A secondary of an existing cluster: of the first one, or further down a chain.
        const int above = m_world.chancePerMille(700) ? 0 : static_cast<int>(m_world.pick(static_cast<std::size_t>(number)));
        const Type type = m_world.chancePerMille(550) ? Type::Performance : Type::Dr;
        if (modeOf(above, type) == Mode::Disabled && !at(above).manager().isDrSecondary() && type == Type::Dr) {
            enable(above, Type::Dr);
            waitUntilIdle();
        }
        if (modeOf(above, type) != Mode::Primary) continue;
        for (int count = static_cast<int>(m_world.pick(6)); count > 0; --count) at(above).clientWrite();
        activate(above, number, type);
        m_world.runFor(milliseconds{700});
        waitUntilIdle();
    }
    m_world.note(-1, "built");
}

void Simulation::repeat(const bool& isOn, Duration least, Duration most, std::function<void()> what)
{
    if (!isOn) return;
    what();
    m_world.after(m_world.between(least, most), [this, &isOn, least, most, what = std::move(what)] { repeat(isOn, least, most, what); });
}

void Simulation::causeFault()
{
    Cluster& one = at(pickCluster());
    const int other = pickCluster();
    const auto healLater = [this](Task heal) { m_world.after(m_world.between(milliseconds{100}, seconds{15}), std::move(heal)); };
    switch (m_world.pick(12)) {
    case 0: // one way, or in 60 % both ways
    case 1:
    case 2:
        m_world.note(one.number(), "is cut off from", static_cast<std::uint64_t>(other));
        m_network.cut(one.number(), other);
        if (m_world.chancePerMille(600)) m_network.cut(other, one.number());
        healLater([this, from = one.number(), other] {
            m_network.heal(from, other);
            m_network.heal(other, from);
        });
        break;
    case 3: // from all others
        m_world.note(one.number(), "is cut off");
        for (int number = 0; number < m_network.clusterCount(); ++number) {
            m_network.cut(one.number(), number);
            m_network.cut(number, one.number());
        }
        healLater([this, from = one.number()] {
            for (int number = 0; number < m_network.clusterCount(); ++number) {
                m_network.heal(from, number);
                m_network.heal(number, from);
            }
        });
        break;
    case 4:
    case 5: one.cutPowerAfter(1 + m_world.pick(m_world.chancePerMille(500) ? 12 : 300)); break;
    case 6: one.failWriteAfter(1 + m_world.pick(60)); break;
    case 7:
        if (one.isRunning()) one.restart(m_world.between(milliseconds{50}, seconds{4}));
        break;
    case 8:
        if (!one.isRunning()) break;
        one.shutDown();
        m_world.after(seconds{3}, [&one] { one.startLater(Duration{0}); });
        break;
    case 9:
        m_world.note(one.number(), "has a full disk");
        one.setDiskFull(true);
        healLater([&one] { one.setDiskFull(false); });
        break;
    case 10:
        one.clock().setSkew(m_world.between(seconds{-200}, seconds{200}));
        m_world.note(one.number(), "has another time", static_cast<std::uint64_t>(one.clock().skew().count()));
        break;
    default:
        m_network.setSlowness(1u << m_world.pick(7));
        healLater([this] { m_network.setSlowness(1); });
        break;
    }
}

void Simulation::live()
{
    m_isWritten = m_isLive = true;
    // 0: no faults. 1, 2 and 3: faults. With 2 and 3 clients write a third as often, so faults also hit clusters that are idle.
    m_faultiness = static_cast<unsigned>(m_world.pick(4));
    repeat(m_isWritten, Duration{0}, milliseconds{m_faultiness < 2 ? 40 : 120}, [this] { at(pickCluster()).clientWrite(); });
    repeat(m_isLive, milliseconds{10}, milliseconds{1500}, [this] { runRandomOperation(); });
    if (m_faultiness > 0) repeat(m_isLive, milliseconds{20}, milliseconds{3500}, [this] { causeFault(); });
    if (m_shared.hasFilters) repeat(m_isLive, milliseconds{5}, milliseconds{500}, [this] { changeRandomMounts(); });
    if (m_hasLosses) repeat(m_isLive, milliseconds{500}, seconds{5}, [this] { loseRandomPrimary(); });
    if (m_hasRelays) repeat(m_isLive, milliseconds{50}, seconds{2}, [this] { changeRandomRelay(); });
    if (m_hasForgers)
        repeat(m_isLive, milliseconds{100}, seconds{2}, [this] {
            const int victim = pickCluster(), by = pickCluster();
            const Type type = m_world.chancePerMille(500) ? Type::Performance : Type::Dr;
            if (victim != by && at(by).isRunning() && modeOf(victim, type) != Mode::Disabled) attackLog(victim, by, type);
        });
    if (m_hasAdversary) {
        repeat(m_isLive, milliseconds{50}, milliseconds{500}, [this] { hoard(); });
        repeat(m_isLive, milliseconds{50}, seconds{1}, [this] { attackWithHoard(); });
    }
    for (auto left = 4 + m_world.pick(10); left > 0 && !m_world.failure(); --left) {
        m_world.runFor(seconds{2});
        checkAll();
    }
    m_isLive = false;
}

void Simulation::checkAll()
{
    for (const auto& cluster : m_clusters) {
        if (!cluster->isRunning() || m_world.failure()) continue;
        cluster->checkForest();
        for (const Type type : {Type::Performance, Type::Dr}) {
            cluster->checkFollowed(type);
            if (cluster->isBusy()) continue;
            if (auto problem = cluster->trustProblem(type); !problem.empty())
                m_world.fail("cluster " + std::to_string(cluster->number()) + " " + problem);
        }
    }
}

Simulation::Outcome Simulation::run()
{
    if (!m_world.failure()) build();
    if (!m_world.failure()) live();
    if (!m_world.failure()) heal();
    if (!m_world.failure()) settle();
    if (!m_world.failure()) checkLogs();
    Outcome outcome{m_world.failure(), m_world.traceHash(), 0, m_network.bytesSent};
    for (const auto& cluster : m_clusters) outcome.writesAnswered += cluster->writesAnswered;
    return outcome;
}

} // namespace sim
