#include "tests/sim/process.h"

#include "core/base/encoding.h"
#include "core/replication/set/statement.h"

namespace sim {

using namespace core::replication;

namespace {

/// A link that slows down needs this long until the samples of a loss bound show it.
constexpr seconds kReckoning{3};

} // namespace

void Cluster::startPeers(Process& process)
{
    MemberServices services{.store = *process.watched,
                            .hasher = process.hasher,
                            .clock = m_clock,
                            .manager = *process.manager,
                            .clusterName = [this] { return clusterName(); },
                            .clusterId = [this] { return clusterId(); },
                            .names = [] { return [](std::string_view key) { return std::string{key}; }; },
                            .preparation = {}};
    services.background = &process.answers;
    services.askersMax = 1;
    process.peers = std::make_unique<MemberService>(std::move(services));
    process.peers->setTransport(*process.port);
}

std::string Cluster::forgedStatement(Type type, std::uint64_t epochStep, int named)
{
    const auto keyring = m_process->barrier.keyring();
    const auto role = m_process->manager->roles().role(type);
    if (!keyring || role->setId.empty()) return {};
    EpochStatement statement;
    statement.type = type;
    statement.setId = role->setId;
    statement.epoch = Epoch{epochKnown(*role).value() + epochStep};
    statement.clusterId = "ffff";
    statement.clusterName = "former member";
    statement.clusterAddress = Network::addressOf(named);
    statement.promotionId = "forged";
    return toBase64(statement.sign(keyring->forestKey()));
}

void Cluster::preview(Type type)
{
    struct Begin {
        Duration at{0};
        Position position;
    };
    const auto begun = std::make_shared<Begin>();
    operate(
        std::string{toString(type)} + " preview",
        [this, type, begun](ReplicationManager&) {
            *begun = {m_world.now(), storedPosition(type)};
            return m_process->peers->preview().preview(type);
        },
        [this, type, begun](const mount::Response& response) {
            if (response.isError || !response.data) return;
            const auto& here = response.data->at("here").as_object();
            const auto& bound = response.data->at("loss_bound").as_object();
            const auto& atMost = bound.at("seconds_at_most");
            if (!bound.at("is_known").as_bool() || !atMost.is_double() || here.at("is_salvaged").as_bool()) return;
            const LogIndex held{here.at("held_through").to_number<std::uint64_t>()};
            const auto first = m_shared.histories.firstBehind(begun->position.primaryLogId(), held, type == Type::Dr);
            if (!first || *first >= begun->at) return;
            const Duration reach = std::chrono::duration_cast<Duration>(std::chrono::duration<double>{atMost.as_double()}) + kReckoning;
            if (begun->at - *first <= reach) return;
            m_world.fail("cluster " + std::to_string(m_number) + " says that only the last " + std::to_string(atMost.as_double()) +
                         " s can be missing, but what its primary wrote " +
                         std::to_string(std::chrono::duration_cast<milliseconds>(begun->at - *first).count()) + " ms ago is");
        });
}

void Cluster::salvage(std::function<void()> done)
{
    operate(
        "salvage", [this](ReplicationManager&) { return m_process->peers->salvage().run(); },
        [this, done = std::move(done)](const mount::Response& response) {
            if (response.isError || !response.data) return;
            m_world.note(m_number, "has salvaged", response.data->at("count").to_number<std::uint64_t>(), response.data->at("from").as_string());
            checkFollowed(Type::Dr);
            const auto& trees = response.data->at("are_trees_equal");
            const Position position = storedPosition(Type::Dr);
            const bool isOwn = position.isSalvaged(); // false: the link has come back in between
            if (isOwn && !trees.as_bool())
                m_world.fail("cluster " + std::to_string(m_number) + " has salvaged, but its trees are not those of the other");
            done();
        });
}

} // namespace sim
