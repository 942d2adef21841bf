#include "core/replication/peers/link_judge.h"

#include "core/base/encoding.h"
#include "core/replication/peers/member_values.h"

#include <boost/json/array.hpp>

#include <algorithm>

namespace core::replication {

namespace {

namespace json = boost::json;
using mount::Response;
using std::chrono::milliseconds;

} // namespace

json::object LinkJudge::linkObject(const LinkView& link) const
{
    const LinkVerdict verdict = verdictOf(link.facts);
    json::object object{{"type", std::string{toString(link.type)}},
                        {"role", link.isToPrimary ? "secondary" : "primary"},
                        {"secondary_id", link.id},
                        {"other_end", json::object{{"cluster_name", link.otherName},
                                                   {"api_address", link.otherEnd.apiAddress},
                                                   {"cluster_address", link.otherEnd.clusterAddress},
                                                   {"answers", link.said.has_value()}}},
                        {"verdict", verdict.state},
                        {"cause", verdict.cause},
                        {"next_step", verdict.nextStep},
                        {"horizon_seconds", secondsOf(link.facts.horizon)},
                        {"is_connected", link.facts.isConnected},
                        {"last_heartbeat_age_seconds", secondsOf(link.facts.heardAge)},
                        {"behind", link.facts.behind},
                        {"is_behind_known", link.isBehindKnown},
                        {"lag_seconds", secondsOf(link.facts.lag)},
                        {"state", link.state},
                        {"last_remote_wal", link.place.value()}};
    if (!link.askError.empty()) object["other_end_error"] = link.askError;
    return object;
}

Response LinkJudge::links() const
{
    std::vector<LinkView> all = ownLinks(Type::Performance);
    for (auto& link : ownLinks(Type::Dr)) all.push_back(std::move(link));
    ask(all);
    json::array links;
    for (const LinkView& link : all) links.push_back(linkObject(link));
    json::array contests, twoPrimaries; // also shown by a cluster that has no link
    for (const Type type : {Type::Performance, Type::Dr}) {
        for (const auto& contest : m_services.manager.trust().contests(type)) {
            contests.push_back(json::object{{"type", std::string{toString(type)}},
                                            {"hash", toHex(contest.entry->hash)},
                                            {"kind", trust::toString(contest.entry->kind)},
                                            {"epoch", contest.entry->epoch},
                                            {"cause", contest.cause},
                                            {"safe", contest.safe},
                                            {"if_chosen", contest.ifChosen},
                                            {"next_step", contest.nextStep}});
        }
        for (auto& other : otherPrimaries(type)) twoPrimaries.push_back(std::move(other));
    }
    double rate = 0;
    {
        MutexLock lock{m_mutex};
        rate = m_written.perSecond();
    }
    return Response::ofData({{"links", std::move(links)},
                             {"contests", std::move(contests)},
                             {"two_primaries", std::move(twoPrimaries)},
                             {"log", json::object{{"oldest_wal", m_services.store.oldestIndex().value()},
                                                  {"last_wal", m_services.store.appliedIndex().value()},
                                                  {"bytes", m_services.store.statistics().logBytes},
                                                  {"retention_bytes", m_services.retentionBytes},
                                                  {"retention_seconds", m_services.retentionAge.count()},
                                                  {"entries_per_second", rate}}}});
}

json::array LinkJudge::otherPrimaries(Type type) const
{
    json::array out;
    for (const auto& other : m_services.manager.otherPrimaries().list(type)) {
        out.push_back(json::object{{"type", std::string{toString(type)}},
                                   {"cluster_name", other.clusterName},
                                   {"api_address", other.apiAddress},
                                   {"cluster_address", other.clusterAddress},
                                   {"epoch", other.epoch.value()},
                                   {"told_by", json::array(other.toldBy.begin(), other.toldBy.end())},
                                   {"cause", other.cause},
                                   {"safe", other.safe},
                                   {"next_step", other.nextStep}});
    }
    return out;
}

void LinkJudge::addVerdicts(Type type, json::object& status) const
{
    if (auto others = otherPrimaries(type); !others.empty()) status["two_primaries"] = std::move(others);
    if (auto failure = m_questions.auditFailure(); !failure.empty() && status.size() > 1) status["audit_failure"] = std::move(failure);
    if (const auto conflicts = m_questions.mountConflicts(); !conflicts.empty() && status.size() > 1) {
        auto& list = status["mount_conflicts"].emplace_array();
        for (const auto& conflict : conflicts) list.emplace_back(conflict);
    }
    if (type == Type::Performance) m_reports.addBelow(status);
    for (const LinkView& link : ownLinks(type)) {
        const LinkVerdict verdict = verdictOf(link.facts);
        json::object* target = &status;
        if (!link.isToPrimary) {
            target = nullptr;
            auto* items = status.if_contains("secondaries");
            if (!items || !items->is_array()) continue;
            for (auto& item : items->as_array()) {
                if (item.as_object().at("node_id").as_string() == link.id) target = &item.as_object();
            }
            if (!target) continue;
        }
        (*target)["verdict"] = verdict.state;
        std::string cause = verdict.cause;
        if (const auto* required = status.if_contains("rekey_required"); required && required->is_string()) {
            cause.append(cause.empty() ? "" : "; ").append(required->get_string());
        }
        const auto isNamedIn = [&](const char* field) {
            const auto* waiting = status.if_contains(field);
            return !link.isToPrimary && waiting && waiting->is_array() &&
                   std::ranges::any_of(waiting->get_array(), [&](const auto& one) { return one.is_string() && one.get_string() == link.id; });
        };
        if (isNamedIn("without_new_keys")) cause.append(cause.empty() ? "" : "; ").append(link.id + " has not made new keys yet");
        if (isNamedIn("without_new_transport_ca"))
            cause.append(cause.empty() ? "" : "; ").append(link.id + " does not know the new transport CA yet");
        (*target)["verdict_cause"] = cause;
        if (link.facts.horizon) (*target)["horizon_seconds"] = secondsOf(link.facts.horizon);
    }
}

std::vector<Metric> LinkJudge::metrics() const
{
    static constexpr const char* kNames[] = {"healthy",  "catching_up", "lagging",  "stalled",   "broken",        "diverged",     "fenced",
                                             "awaiting", "blocked",     "conflict", "contested", "two_primaries", "older_storage"};
    double counts[std::size(kNames)] = {};
    std::optional<milliseconds> horizon;
    bool isAny = false;
    for (const Type type : {Type::Performance, Type::Dr}) {
        for (const LinkView& link : ownLinks(type)) {
            isAny = true;
            counts[verdictOf(link.facts).level] += 1;
            if (link.facts.horizon) horizon = horizon ? std::min(*horizon, *link.facts.horizon) : *link.facts.horizon;
        }
    }
    std::vector<Metric> out;
    if (!isAny) return out;
    for (std::size_t at = 0; at < std::size(kNames); ++at) out.push_back({std::string{"holdfast.replication.links."} + kNames[at], counts[at]});
    if (horizon) out.push_back({"holdfast.replication.horizon.seconds.min", static_cast<double>(horizon->count()) / 1000.0});
    return out;
}

} // namespace core::replication
