#include "core/replication/forest/forest_keeper.h"

#include "core/base/bytes.h"
#include "core/base/encoding.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace core::replication {

namespace {

namespace json = boost::json;
using mount::Response;

constexpr const char* kNeverChecked = "-62135596800";

std::string_view toString(ForestProgress::Stage stage)
{
    switch (stage) {
    case ForestProgress::Stage::Scanning: return "scanning";
    case ForestProgress::Stage::Building: return "building";
    case ForestProgress::Stage::Replaying: return "wal-replay";
    case ForestProgress::Stage::Committing: return "commit";
    }
    return "scanning";
}

std::int64_t numberOf(const json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(name);
    return value && value->is_number() ? value->to_number<std::int64_t>() : 0;
}

bool isSet(const json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(name);
    return value && value->is_bool() && value->get_bool();
}

json::object summaryOf(const ForestReport& report)
{
    json::array leaves;
    for (const auto& leaf : report.leaves) {
        leaves.push_back(json::object{{"class", merkle::isShared(leaf.tree) ? "shared" : "local"},
                                      {"tree", leaf.tree},
                                      {"key_hash", toHex(std::string_view{reinterpret_cast<const char*>(leaf.hash.data()), leaf.hash.size()})},
                                      {"found", toString(leaf.kind)},
                                      {"repaired", leaf.isRepaired}});
    }
    return {{"keys", report.keyCount},
            {"pages", report.pageCount},
            {"index_differences", report.indexCount},
            {"damaged_values", report.damagedCount},
            {"lost_values", report.lostCount},
            {"unsound_pages", report.unsoundPages},
            {"repaired", report.repairedCount},
            {"leaves", std::move(leaves)},
            {"leaves_omitted", report.indexCount + report.damagedCount + report.lostCount - report.leaves.size()}};
}

} // namespace

std::string ForestKeeper::encode(const State& state)
{
    json::object object{{"checked_at", state.checkedAt},
                        {"shared_corrupted", state.isSharedCorrupted},
                        {"local_corrupted", state.isLocalCorrupted},
                        {"reindexed_shared", state.reindexedShared},
                        {"reindexed_all", state.reindexedAll}};
    if (state.job) {
        object["job"] = json::object{{"reindex", state.job->isReindex},
                                     {"type", state.job->type ? json::value(replication::toString(*state.job->type)) : json::value(nullptr)},
                                     {"by_leaf", state.job->isByLeaf},
                                     {"by_storage", state.job->isByStorage},
                                     {"skips_flush", state.job->skipsFlush},
                                     {"keys_per_second", state.job->keysPerSecondMax},
                                     {"opens_values", state.job->opensValues},
                                     {"repairs", state.job->repairs},
                                     {"started_at", state.job->startedAt},
                                     {"behind", state.job->behind}};
    }
    return json::serialize(object);
}

std::optional<ForestKeeper::State> ForestKeeper::decode(std::string_view text)
{
    boost::system::error_code failed;
    const auto value = json::parse(text, failed);
    if (failed || !value.is_object()) return std::nullopt;
    const auto& object = value.get_object();
    State state;
    state.checkedAt = numberOf(object, "checked_at");
    state.isSharedCorrupted = isSet(object, "shared_corrupted");
    state.isLocalCorrupted = isSet(object, "local_corrupted");
    state.reindexedShared = numberOf(object, "reindexed_shared");
    state.reindexedAll = numberOf(object, "reindexed_all");
    const auto* job = object.if_contains("job");
    if (!job || !job->is_object()) return state;
    const auto& fields = job->get_object();
    state.job = Job{};
    state.job->isReindex = isSet(fields, "reindex");
    if (const auto* type = fields.if_contains("type"); type && type->is_string()) {
        state.job->type = type->get_string() == "performance" ? Type::Performance : Type::Dr;
    }
    state.job->isByLeaf = isSet(fields, "by_leaf");
    state.job->isByStorage = isSet(fields, "by_storage");
    state.job->skipsFlush = isSet(fields, "skips_flush");
    state.job->keysPerSecondMax = static_cast<std::uint64_t>(std::max<std::int64_t>(0, numberOf(fields, "keys_per_second")));
    state.job->opensValues = isSet(fields, "opens_values");
    state.job->repairs = isSet(fields, "repairs");
    state.job->startedAt = numberOf(fields, "started_at");
    // A reindex starts over. A scrub continues, because its work does not depend on earlier trees.
    if (const auto* behind = fields.if_contains("behind"); behind && behind->is_string() && !state.job->isReindex) {
        state.job->behind = behind->get_string();
    }
    return state;
}

Response ForestKeeper::scrubStatus() const
{
    const std::uint64_t done = m_progress.keysDone;
    const std::uint64_t total = std::max<std::uint64_t>(m_progress.keysTotal, done);
    MutexLock lock{m_mutex};
    const bool isScrub = m_running && !m_running->isReindex;
    json::object data{{"in_progress", isScrub}};
    if (isScrub) {
        const auto elapsed = std::chrono::duration<double>(m_services.clock.steadyNow() - m_runningSince).count();
        double rate = elapsed > 0 ? static_cast<double>(done) / elapsed : 0;
        if (m_running->keysPerSecondMax > 0) rate = std::min(rate, static_cast<double>(m_running->keysPerSecondMax)); // a portion may be ahead
        data["started_at"] = toRfc3339(WallTime{std::chrono::seconds{m_running->startedAt}});
        data["stage"] = toString(m_progress.stage.load());
        data["keys_done"] = done;
        data["keys_total"] = total;
        data["keys_per_second"] = static_cast<std::uint64_t>(rate);
        data["keys_per_second_max"] = m_running->keysPerSecondMax;
        data["seconds_left"] =
            rate > 0 ? json::value(static_cast<std::uint64_t>(static_cast<double>(total - done) / rate + 0.5)) : json::value(nullptr);
        data["repair"] = m_running->repairs;
    }
    if (m_outcome && !m_outcome->isReindex) {
        json::object last{{"outcome", m_outcome->text},
                          {"finished_at", toRfc3339(WallTime{std::chrono::seconds{m_outcome->finishedAt}})},
                          {"duration_ms", m_outcome->took.count()},
                          {"report", summaryOf(m_outcome->report)}};
        data["last"] = std::move(last);
    }
    return Response::ofData(std::move(data));
}

void ForestKeeper::describe(Type type, json::object& status) const
{
    MutexLock lock{m_mutex};
    status["corrupted_merkle_tree"] = m_state.isSharedCorrupted || (type == Type::Dr && m_state.isLocalCorrupted);
    status["last_corruption_check_epoch"] = m_state.checkedAt == 0 ? kNeverChecked : std::to_string(m_state.checkedAt);
    const auto reindexed = type == Type::Performance ? m_state.reindexedShared : m_state.reindexedAll;
    if (reindexed > 0) status["last_reindex_epoch"] = std::to_string(reindexed);
    if (!m_running || !m_running->isReindex || m_running->type.value_or(type) != type) return;
    status["reindex_in_progress"] = true;
    status["reindex_stage"] = toString(m_progress.stage.load());
    status["reindex_building_progress"] = m_progress.keysDone.load();
    status["reindex_building_total"] = std::max(m_progress.keysTotal.load(), m_progress.keysDone.load());
}

std::vector<std::pair<std::string, double>> ForestKeeper::metrics() const
{
    bool isReindex = false, isScrub = false;
    {
        MutexLock lock{m_mutex};
        isReindex = m_running && m_running->isReindex;
        isScrub = m_running && !isReindex;
    }
    const auto done = static_cast<double>(m_progress.keysDone.load());
    const auto total = std::max(static_cast<double>(m_progress.keysTotal.load()), done);
    const auto stage = 1.0 + static_cast<double>(m_progress.stage.load()); // in the order in which the stages happen
    return {{"vault.core.replication.reindex_stage", isReindex ? stage : 0},
            {"vault.core.replication.build_progress", isReindex ? done : 0},
            {"vault.core.replication.build_total", isReindex ? total : 0},
            // There is nothing to undo here: a link applies whole records, and continues from a place in the log or compares digests.
            {"vault.core.replication.write_undo_logs", 0},
            {"holdfast.replication.scrub.in_progress", isScrub},
            {"holdfast.replication.scrub.keys_done", isScrub ? done : 0},
            {"holdfast.replication.scrub.keys_total", isScrub ? total : 0}};
}

/// Spec: replication-api.md §7.
json::object ForestKeeper::checkReport(const ForestReport& report, WallTime at) const
{
    const auto tree = [this](const char* type, const merkle::TreeFilter& filter, const ForestReport::Places& places) -> json::object {
        json::value map = nullptr;
        if (!places.leaves.empty() || !places.unsoundPages.empty()) {
            std::map<std::uint8_t, json::array> pages;
            for (const auto page : places.unsoundPages) pages[page];
            for (const auto leaf : places.leaves) pages[static_cast<std::uint8_t>(leaf >> 8)].push_back(leaf & 0xff);
            json::object tuples;
            for (auto& [page, subpages] : pages) {
                tuples[std::to_string(page)] = json::object{{"corrupted", places.unsoundPages.contains(page)}, {"subpages", std::move(subpages)}};
            }
            map = std::move(tuples);
        }
        const auto root = fromHex(m_services.store.forest().root(filter)).value_or(std::string{});
        return {{"tree_type", type},
                {"corrupted_subtree_root", !places.unsoundPages.empty()},
                {"root_hash", toBase64(root)},
                {"corrupted_index_tuples_map", std::move(map)}};
    };
    static const merkle::TreeFilter local = [](std::string_view name) { return merkle::isReplicated(name) && !merkle::isShared(name); };
    return {
        {"corrupted_root", report.unsoundPages > 0},
        {"corrupted_tree_map", json::object{{"1", tree("replicated", merkle::isShared, report.shared)}, {"2", tree("local", local, report.local)}}},
        {"last_corruption_check_epoch", toRfc3339(at)}};
}

} // namespace core::replication
