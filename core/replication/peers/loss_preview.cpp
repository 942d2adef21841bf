#include "core/replication/peers/loss_preview.h"

#include "core/base/origin.h"
#include "core/replication/wire/peer.pb.h"
#include "core/replication/peers/member_values.h"
#include "core/replication/wire/program_version.h"

#include <boost/json/array.hpp>

#include <algorithm>

namespace core::replication {

namespace {

namespace json = boost::json;
using mount::Response;

constexpr std::size_t kEntriesShown = 100;
constexpr std::size_t kEntriesAsked = 10'000;
constexpr std::chrono::milliseconds kAskMax{3000};
constexpr std::chrono::milliseconds kAskBriefly{1500};

json::value timeOf(WallTime time)
{
    return time == WallTime{} ? json::value(nullptr) : json::value(toRfc3339(time));
}

} // namespace

bool LossPreview::isHeldHere(const wire::LogTailEntry& entry) const
{
    merkle::KeyHash hash{};
    if (entry.key_hash().size() != hash.size()) return false;
    std::ranges::copy(entry.key_hash(), reinterpret_cast<char*>(hash.data()));
    const auto found = m_services.store.forest().find(merkle::treeOf(entry.key()), hash);
    if (entry.is_erased() || !found) return entry.is_erased() == !found;
    return std::ranges::equal(*found, entry.leaf_digest(),
                              [](auto a, char b) { return static_cast<unsigned char>(a) == static_cast<unsigned char>(b); });
}

LossSurvey LossPreview::survey(Type type, std::size_t entryMax, std::chrono::milliseconds atMost) const
{
    LossSurvey out;
    out.type = type;
    out.now = m_services.clock.now();
    out.report = m_services.manager.roles().report(type);
    out.position = m_questions.livePosition(type);
    out.facts.now = out.now;
    out.facts.isConsistent = out.position.isConsistent();
    // Salvaged entries count as held. Only shared entries can be salvaged; local ones come only from the primary.
    out.facts.held = out.position.sharedThrough();
    out.facts.seen = std::max(out.report.primary.index, out.position.index);
    out.facts.heardAt = out.report.primary.heardAt;
    if (out.report.canaryAge) out.facts.heldUntil = out.now - *out.report.canaryAge;
    out.facts.entriesPerSecond = m_links.primaryEntriesPerSecond(type);
    out.isLinkUp = out.report.isRunning && out.report.connection == ConnectionState::Ready;
    out.facts.isPrimaryAlive = out.isLinkUp && out.now - out.report.primary.heardAt < kSilenceMax;
    if (!m_questions.transport()) return out;

    wire::PeerRequest describe;
    describe.mutable_describe();
    out.described = m_questions.askAll(m_questions.others(type, true), describe, atMost);
    out.older = olderMembers(out.described);
    for (const AskedMember& asked : out.described) {
        if (!asked.answer) continue;
        const auto& said = asked.answer->description();
        if (asked.member.isPrimary) {
            const auto* role = roleIn(said, type);
            if (!role || role->mode() != static_cast<std::uint32_t>(Mode::Primary)) continue; // it was demoted
            out.facts.isPrimaryAlive = true;
            out.facts.heardAt = out.now;
            if (said.log_id() == out.position.primaryLogId()) {
                out.facts.seen = std::max(out.facts.seen, LogIndex{said.applied_index()});
            }
            out.seenBy.push_back("this cluster (it asked the primary just now)");
            continue;
        }
        for (const auto& role : said.roles()) {
            if (role.mode() != static_cast<std::uint32_t>(Mode::Secondary) || role.log_id() != out.position.primaryLogId()) continue;
            out.facts.seen = std::max({out.facts.seen, LogIndex{role.index()}, LogIndex{role.primary_index()}});
            if (role.primary_heard_age_ms() >= 0) {
                out.facts.heardAt = std::max(out.facts.heardAt, out.now - std::chrono::milliseconds{role.primary_heard_age_ms()});
            }
            if (!role.sees_primary()) continue;
            out.facts.isPrimaryAlive = true;
            out.seenBy.push_back(asked.member.id);
        }
    }

    wire::PeerRequest request;
    auto& question = *request.mutable_log_tail();
    question.set_log_id(out.position.primaryLogId());
    question.set_index(out.position.sharedThrough().value());
    question.set_performance_epoch(m_questions.performanceEpoch().value());
    question.set_is_with_local(type == Type::Dr && !out.position.isSalvaged());
    question.set_entry_max(static_cast<std::uint32_t>(entryMax));
    if (!out.position.isConsistent()) return out;
    Members answering;
    for (const AskedMember& asked : out.described) {
        if (asked.answer && !asked.member.isPrimary) answering.push_back(asked.member);
    }
    out.beyond = m_questions.askAll(answering, request, atMost);
    for (AskedMember& asked : out.beyond) {
        if (!asked.answer || !asked.answer->log_tail().reaches()) continue;
        auto& beyond = *asked.answer->mutable_log_tail();
        // A batch that reaches over the place may name keys that changed before it. So keys that this cluster holds with the same value are
        // removed.
        const bool isWhole = beyond.count() == static_cast<std::uint64_t>(beyond.entries_size());
        auto& entries = *beyond.mutable_entries();
        const auto end = std::remove_if(entries.begin(), entries.end(), [&](const auto& entry) { return isHeldHere(entry); });
        const auto held = static_cast<std::uint64_t>(entries.end() - end);
        entries.erase(end, entries.end());
        beyond.set_count(isWhole ? static_cast<std::uint64_t>(entries.size()) : beyond.count() - held);
        out.facts.seen = std::max(out.facts.seen, LogIndex{beyond.through()});
        if (asked.member.type == Type::Performance && beyond.count() > out.salvageable) {
            out.salvageable = beyond.count();
            out.salvageFrom = asked.member.id;
        }
        if (asked.member.type == type && LogIndex{beyond.through()} > out.position.index && beyond.count() > 0) {
            out.betterCandidate = asked.member.id;
        }
    }
    return out;
}

json::object LossPreview::surveyObject(const LossSurvey& survey) const
{
    const LossBound bound = boundOf(survey.facts);
    const auto& report = survey.report;
    json::object primary{
        {"api_address", report.primary.endpoint.apiAddress},
        {"cluster_address", report.primary.endpoint.clusterAddress},
        {"is_connected", survey.isLinkUp},
        {"last_heartbeat", timeOf(report.primary.heardAt)},
        {"last_heartbeat_age_seconds", report.primary.heardAt == WallTime{}
                                           ? json::value(nullptr)
                                           : secondsOf(std::chrono::duration_cast<std::chrono::milliseconds>(survey.now - report.primary.heardAt))},
        {"program_version", report.primary.program},
        {"last_wal", report.primary.index.value()},
        {"last_relevant_wal", report.primary.lastRelevantIndex.value()}};
    json::object here{{"last_remote_wal", survey.position.lastRelevantIndex.value()},
                      {"held_through", survey.position.index.value()},
                      {"is_consistent", survey.position.isConsistent()},
                      {"is_salvaged", survey.position.isSalvaged()},
                      {"state", std::string{toString(report.state)}},
                      {"connection_state", toString(report.connection)},
                      {"equal_until", survey.facts.heldUntil ? timeOf(*survey.facts.heldUntil) : json::value(nullptr)}};
    json::array members;
    std::vector<std::string> followers, others, copies;
    std::size_t silent = 0;
    for (const AskedMember& asked : survey.described) {
        if (asked.member.isPrimary) continue;
        const bool isOfOldPrimaryAlone = survey.type == Type::Performance && asked.member.type == Type::Dr;
        const bool follows = m_services.manager.trust().maySucceedPrimary(asked.member.type);
        (isOfOldPrimaryAlone ? copies : follows ? followers : others).push_back(asked.member.id);
        json::object row{{"id", asked.member.id},
                         {"type", std::string{toString(asked.member.type)}},
                         {"api_address", asked.member.endpoint.apiAddress},
                         {"answers", asked.answer.has_value()},
                         {"program_version", asked.answer ? programFromWire(asked.answer->description().version()) : asked.member.program}};
        if (!asked.answer) {
            ++silent;
            row["error"] = core::toString(asked.answer.error());
            members.emplace_back(std::move(row));
            continue;
        }
        if (const auto* role = roleIn(asked.answer->description(), asked.member.type)) {
            row["sees_primary"] = role->sees_primary();
            row["primary_last_heartbeat_age_seconds"] =
                role->primary_heard_age_ms() < 0 ? json::value(nullptr) : secondsOf(std::chrono::milliseconds{role->primary_heard_age_ms()});
            row["primary_last_wal"] = role->primary_index();
            row["held_through"] = role->index();
        }
        const auto told =
            std::ranges::find_if(survey.beyond, [&](const AskedMember& other) { return other.member.fingerprint == asked.member.fingerprint; });
        if (told != survey.beyond.end()) {
            if (!told->answer) {
                row["beyond"] = json::object{{"known", false}, {"reason", core::toString(told->answer.error())}};
            } else {
                const auto& beyond = told->answer->log_tail();
                json::object object{{"known", beyond.reaches()}};
                if (!beyond.reason().empty()) object["reason"] = beyond.reason();
                if (beyond.reaches()) {
                    object["is_filtered"] = beyond.is_filtered();
                    object["count"] = beyond.count();
                    object["held_through"] = beyond.through();
                    object["oldest"] = beyond.count() ? timeOf(fromUnixMs(beyond.oldest_unix_ms())) : json::value(nullptr);
                    object["newest"] = beyond.count() ? timeOf(fromUnixMs(beyond.newest_unix_ms())) : json::value(nullptr);
                    json::array entries;
                    for (const auto& entry : beyond.entries()) {
                        if (entries.size() == kEntriesShown) break;
                        entries.push_back(json::object{{"path", entry.path()},
                                                       {"time", timeOf(fromUnixMs(entry.unix_ms()))},
                                                       {"index", entry.index()},
                                                       {"is_deleted", entry.is_erased()}});
                    }
                    object["is_list_complete"] = entries.size() == beyond.count();
                    object["entries"] = std::move(entries);
                }
                row["beyond"] = std::move(object);
            }
        }
        members.emplace_back(std::move(row));
    }
    json::array seenBy, steps, older;
    for (const auto& one : survey.older) older.emplace_back(one);
    for (const auto& name : survey.seenBy) seenBy.emplace_back(name);
    for (const auto& step : nextSteps({.isPrimaryAlive = survey.facts.isPrimaryAlive,
                            .isLinkUp = survey.isLinkUp,
                            .isConsistent = survey.facts.isConsistent,
                            .salvageable = survey.salvageable,
                            .salvageFrom = survey.salvageFrom,
                            .betterCandidate = survey.betterCandidate,
                            .followers = std::move(followers),
                            .others = std::move(others),
                            .copies = std::move(copies),
                            .silent = silent,
                            .older = survey.older,
                            .program = m_services.manager.program(),
                            .type = survey.type})) {
        steps.emplace_back(step);
    }
    return {{"type", std::string{toString(survey.type)}},
            {"time", toRfc3339(survey.now)},
            {"primary", std::move(primary)},
            {"here", std::move(here)},
            {"members", std::move(members)},
            {"primary_seen_by", std::move(seenBy)},
            {"program_version", m_services.manager.program()},
            {"older_members", std::move(older)},
            {"loss_bound", json::object{{"is_known", bound.isKnown},
                                        {"entries_known", bound.entriesKnown},
                                        {"entries_unheard_estimate", bound.entriesUnheard},
                                        {"seconds", secondsOf(bound.time)},
                                        {"seconds_at_most", secondsOf(bound.timeAtMost)},
                                        {"text", bound.text}}},
            {"salvageable", json::object{{"count", survey.salvageable}, {"from", survey.salvageFrom}}},
            {"next_steps", std::move(steps)}};
}

/// Members whose program is older than this cluster's: by their answer just now, else by what is known of them.
std::vector<std::string> LossPreview::olderMembers(const std::vector<AskedMember>& described) const
{
    std::vector<std::string> out;
    const auto& own = m_services.manager.program();
    for (const AskedMember& asked : described) {
        const Member& member = asked.member;
        const std::string name = member.isPrimary ? "the primary" : "the member \"" + printable(member.id, 100) + "\"";
        const std::string told = asked.answer ? programFromWire(asked.answer->description().version()) : member.program;
        const bool isKnown = asked.answer.has_value() || !told.empty();
        if (isKnown && isOlderProgram(told, own)) out.push_back(name + " runs " + programText(told));
    }
    return out;
}

Response LossPreview::preview(Type type) const
{
    const auto& manager = m_services.manager;
    if (manager.roles().role(type)->mode != Mode::Secondary || !manager.roles().isPlayed(type)) {
        return Response::badRequest(type == Type::Dr ? "Not a DR secondary" : "this cluster is not a performance replication secondary");
    }
    return Response::ofData(surveyObject(survey(type, kEntriesAsked, kAskMax)));
}

std::vector<std::string> LossPreview::promotionWarnings(Type type) const
{
    const auto& manager = m_services.manager;
    const auto role = manager.roles().role(type);
    if (role->mode != Mode::Secondary || !manager.roles().isPlayed(type)) return {};
    // A demoted primary that has followed nobody since still has everything that it had.
    if (!role->identity && manager.roles().positionOf(type).logId.empty()) return {};
    const LossSurvey found = survey(type, kEntriesAsked, kAskBriefly);
    std::vector<std::string> warnings{"What this promotion may have lost: " + boundOf(found.facts).text};
    for (const auto& older : found.older) {
        warnings.push_back("Older program: " + older + ", this cluster " + programText(manager.program()) +
                           ". It cannot follow this cluster with a new token before it is upgraded.");
    }
    if (found.salvageable > 0) {
        warnings.push_back("The performance secondary \"" + found.salvageFrom + "\" held " + std::to_string(found.salvageable) +
                           " shared keys that this cluster lacks. They were not salvaged.");
    }
    return warnings;
}

} // namespace core::replication
