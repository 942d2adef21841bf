#include "core/replication/peers/link_judge.h"

#include "core/replication/wire/peer.pb.h"
#include "core/replication/wire/wire_values.h"
#include "core/replication/peers/readiness.h"

#include <boost/json/array.hpp>

namespace core::replication {

namespace {

namespace json = boost::json;
using mount::Response;

} // namespace

Response LinkJudge::readiness(const std::optional<OfferedToken>& offered) const
{
    const auto& manager = m_services.manager;
    if (!manager.roles().isPlayed(Type::Dr) || manager.roles().role(Type::Dr)->mode == Mode::Disabled) {
        return Response::badRequest("this cluster takes no part in DR replication");
    }
    std::vector<LinkView> links = ownLinks(Type::Dr);
    std::vector<std::string> awaited;
    std::erase_if(links, [&](const LinkView& link) {
        if (link.facts.isAwaited) awaited.push_back(link.id);
        return link.facts.isAwaited || !link.facts.activationError.empty();
    });
    ask(links);
    const auto own = m_services.preparation ? m_services.preparation() : MemberServices::Preparation{};
    std::vector<std::string> older;
    for (const auto& one : manager.members().older()) older.push_back(one.text());
    json::array pairs;
    bool isEveryReady = !links.empty();
    for (const LinkView& link : links) {
        PairFacts facts;
        facts.now = m_services.clock.now();
        facts.olderMembers = older;
        facts.isConnected = link.facts.isConnected;
        facts.behind = link.facts.behind;
        facts.lag = link.facts.lag;
        facts.snapshotProvenAt = own.snapshotProvenAt;
        facts.snapshotUrl = own.snapshotUrl;
        const auto* said = link.said ? &link.said->description() : nullptr;
        if (link.isToPrimary) {
            const LinkStatus report = manager.roles().report(Type::Dr);
            facts.equalIndex = report.equality.index;
            facts.equalRoot = report.equality.root;
            facts.isSecondaryKnown = true;
            facts.operationTokenCount = own.operationTokenCount;
            facts.isTokenGenerationClosed = own.isTokenGenerationClosed;
            facts.offeredToken = offered;
            facts.secondaryVersion = manager.program();
            facts.primaryVersion = said ? said->version() : "";
            facts.drillTime = own.drillTime;
            facts.drillState = own.drillState;
        } else {
            facts.primaryVersion = manager.program();
            if (said) {
                facts.isSecondaryKnown = true;
                facts.operationTokenCount = said->operation_token_count();
                facts.isTokenGenerationClosed = said->is_token_generation_closed();
                facts.secondaryVersion = said->version();
                facts.drillTime = said->last_drill_time();
                facts.drillState = said->last_drill_state();
                for (const auto& role : said->roles()) {
                    if (role.type() != toWire(Type::Dr)) continue;
                    facts.equalIndex = LogIndex{role.equal_index()};
                    facts.equalRoot = role.equal_root();
                }
            }
        }
        json::array rows;
        bool isReady = true;
        for (auto& fact : readinessOf(facts)) {
            isReady = isReady && (fact.level == ReadinessFact::Level::Ok || fact.level == ReadinessFact::Level::Warn);
            rows.push_back(json::object{{"fact", fact.fact}, {"level", toString(fact.level)}, {"detail", fact.detail}, {"next_step", fact.nextStep}});
        }
        isEveryReady = isEveryReady && isReady;
        pairs.push_back(
            json::object{{"secondary_id", link.id}, {"api_address", link.otherEnd.apiAddress}, {"is_ready", isReady}, {"facts", std::move(rows)}});
    }
    Response response = Response::ofData({{"is_ready", isEveryReady}, {"pairs", std::move(pairs)}});
    for (const auto& id : awaited) response.warnings.push_back("The DR secondary \"" + id + "\" has not used its activation token yet.");
    if (links.empty()) response.warnings.emplace_back("There is no DR secondary that was activated and not revoked.");
    return response;
}

} // namespace core::replication
