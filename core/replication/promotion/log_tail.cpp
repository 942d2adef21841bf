#include "core/replication/promotion/log_tail.h"

#include "core/base/bytes.h"

#include <algorithm>
#include <map>
#include <optional>

namespace core::replication {

namespace {

constexpr std::uint64_t kFirstStep = 64; // records to look at first; doubled until the place is found
constexpr std::size_t kReadBytes = 1u << 20;
constexpr std::size_t kKeysMax = 200'000; // the most that are counted

/// What a record of a secondary's own log says about its place in the primary's log.
enum class Said { Nothing, Place, Reset };
struct PlaceIn {
    Said said = Said::Nothing;
    Position position;
};

PlaceIn placeIn(const log::RecordView& record, const std::string& positionKey, const std::string& logId)
{
    if (record.replacesContents()) return {Said::Reset, {}};
    PlaceIn place;
    record.forEach([&](const log::OperationView& operation) {
        if (operation.key != positionKey) return;
        place.said = Said::Reset;
        if (operation.kind != log::OperationKind::Put) return;
        auto position = Position::decode(operation.value);
        if (!position || position->logId != logId) return;
        place = {Said::Place, std::move(*position)};
    });
    return place;
}

/// Visits records after `from` while `visit` returns true.
Result<> forEachRecord(const log::Store& store, LogIndex from, const std::function<Result<bool>(const log::RecordView&)>& visit)
{
    while (from <= store.appliedIndex()) {
        auto records = store.read(from, kReadBytes);
        if (!records) return std::move(records).error();
        if (records->empty()) return {};
        for (const auto& shared : *records) {
            const log::RecordView record = shared.view();
            auto goesOn = visit(record);
            if (!goesOn) return std::move(goesOn).error();
            if (!*goesOn) return {};
            from = record.index().next();
        }
    }
    return {};
}

/// The record of this cluster's own log where a forward walk must start to see everything after the place. Nothing: the log is too short.
Result<std::optional<LogIndex>> findStart(const log::Store& store, const std::string& positionKey, const LogTailQuery& query)
{
    const LogIndex oldest = std::max(store.oldestIndex(), LogIndex{1});
    LogIndex end = store.appliedIndex().next(); // exclusive: everything from here on is after the place
    for (std::uint64_t step = kFirstStep; end > oldest; step *= 2) {
        const LogIndex from = end.value() > oldest.value() + step ? LogIndex{end.value() - step} : oldest;
        std::optional<LogIndex> start;
        auto walked = forEachRecord(store, from, [&](const log::RecordView& record) -> Result<bool> {
            if (record.index() >= end) return false;
            const PlaceIn place = placeIn(record, positionKey, query.logId);
            // The last such record counts. Records before it are not after the place.
            if (place.said == Said::Place && place.position.index <= query.index) start = record.index();
            return true;
        });
        if (!walked) return std::move(walked).error();
        if (start) return start;
        end = from;
    }
    return std::optional<LogIndex>{};
}

} // namespace

Result<LogTail> readLogTail(const log::Store& store, Type type, const Position& position, const LogTailQuery& query)
{
    LogTail beyond;
    // Another log id means other numbers: its indexes do not compare with the query's.
    beyond.through = position.index;
    if (position.logId != query.logId) {
        beyond.reason = position.logId.empty() ? "has no place in the log of any primary now" : "has followed another log";
        return beyond;
    }
    if (!position.isConsistent()) {
        beyond.reason = "has not finished a reconciliation";
        return beyond;
    }
    if (position.index <= query.index) {
        beyond.reaches = true;
        return beyond;
    }
    const std::string positionKey = Position::key(type);
    auto start = findStart(store, positionKey, query);
    if (!start) return std::move(start).error();
    if (!*start) {
        beyond.reason = "its log begins after that place";
        return beyond;
    }

    const LinkFilter carried{query.isWithLocal ? type : Type::Performance};
    std::map<std::string, LogTail::Entry, std::less<>> last;
    std::optional<log::Record> pending;
    std::string records;
    LogIndex recordsThrough = query.index;
    bool isReset = false;
    const auto flush = [&] {
        if (!pending) return;
        if (!pending->operations.empty()) records += log::encodeRecord(*pending);
        recordsThrough = pending->index;
        pending.reset();
    };
    auto walked = forEachRecord(store, **start, [&](const log::RecordView& record) -> Result<bool> {
        const PlaceIn place = placeIn(record, positionKey, query.logId);
        // After a reconciliation or a snapshot, the records no longer show what came from the primary, and when.
        if (place.said == Said::Reset) {
            isReset = true;
            return false;
        }
        if (place.said == Said::Nothing || place.position.index <= query.index) return true;
        beyond.through = std::max(beyond.through, place.position.index);
        if (query.recordBytes > 0) {
            if (pending && pending->index != place.position.index) flush();
            if (records.size() >= query.recordBytes) {
                beyond.isLast = false;
                return false;
            }
            if (!pending) pending = log::Record{place.position.index, record.epoch(), {}};
        }
        record.forEach([&](const log::OperationView& operation) {
            if (!carried.carries(operation.key)) return;
            if (pending) pending->operations.push_back(operation.toOperation());
            if (query.recordBytes > 0) return;
            LogTail::Entry& entry = last[std::string{operation.key}];
            entry = {std::string{operation.key}, operation.kind == log::OperationKind::Delete,
                     place.position.index,       place.position.appliedAt,
                     operation.keyHash,          operation.leafDigest};
        });
        if (last.size() < kKeysMax) return true;
        beyond.isCountAtLeast = true;
        return false;
    });
    if (!walked) return std::move(walked).error();
    if (isReset) {
        beyond.reason = "its contents changed by a reconciliation or a snapshot since then";
        return beyond;
    }
    beyond.reaches = true;
    if (query.recordBytes > 0) {
        flush();
        if (beyond.isLast) recordsThrough = std::max(recordsThrough, beyond.through);
        beyond.through = recordsThrough;
        appendLittleEndian(beyond.records, recordsThrough.value());
        beyond.records += records;
        return beyond;
    }
    beyond.count = last.size();
    for (auto& [key, entry] : last) {
        if (entry.at != WallTime{}) {
            beyond.oldest = beyond.oldest == WallTime{} ? entry.at : std::min(beyond.oldest, entry.at);
            beyond.newest = std::max(beyond.newest, entry.at);
        }
        beyond.entries.push_back(std::move(entry));
    }
    std::ranges::stable_sort(beyond.entries, [](const auto& a, const auto& b) { return a.index > b.index; });
    if (beyond.entries.size() > query.entryMax) beyond.entries.resize(query.entryMax);
    return beyond;
}

} // namespace core::replication
